"""Amazon resource names: they hold the account's number and the names of roles, keys and buckets.

The whole name is hidden, since the account, the resource and the region say together whose it is. Names of AWS's own
policies, whose account is `aws`, are the same for everyone and stay.
"""

import re
from collections.abc import Iterator

from confmend.redact.scanner import Example, Scanner, Span

ANCHOR = "arn:aws"
STOP = re.compile(r"[\s\"'<>`|\\\0]|,?arn:aws")
PUBLIC = re.compile(r"arn:aws[\w-]{0,20}:[\w-]{1,40}:[\w-]{0,40}:aws:")


def find(text: str) -> Iterator[Span]:
    """Give every ARN that belongs to somebody, to the end of its token."""
    at = 0
    while (at := text.find(ANCHOR, at)) >= 0:
        stop = STOP.search(text, at + len(ANCHOR))
        end = stop.start() if stop else len(text)
        if (at == 0 or not (text[at - 1].isalnum() or text[at - 1] == "_")) and not PUBLIC.match(text, at):
            yield Span(at, at + len(text[at:end].rstrip(".,:;)]}")))
        at = end


SCANNER = Scanner(
    label="ARN",
    find=find,
    reason="an Amazon resource name holds the account and what it owns",
    anchors=(ANCHOR,),
    lines=1,
    examples=(
        Example(
            "kms = 'arn:aws:iam::123456789012:role/pg-backup'",
            hidden=("arn:aws:iam::123456789012:role/pg-backup",),
        ),
        Example(
            "ERROR:  arn:aws-cn:rds:cn-north-1:123456789012:db:orders, not found",
            hidden=("arn:aws-cn:rds:cn-north-1:123456789012:db:orders",),
        ),
        Example('{"Resource":["arn:aws:s3:::wal-7/*","*"]}', hidden=("arn:aws:s3:::wal-7/*",)),
        Example(
            "arn:aws:sns:eu-west-1:1:alarm,arn:aws:sqs:eu-west-1:1:queue",
            hidden=("arn:aws:sns:eu-west-1:1:alarm", "arn:aws:sqs:eu-west-1:1:queue"),
        ),
        Example("key=arn:aws:kms:${REGION}:42", hidden=("arn:aws:kms:${REGION}:42",)),
        Example("arn:aws:iam::aws:policy/AmazonRDSFullAccess"),
        Example("warn:aws is slow today"),
    ),
)
