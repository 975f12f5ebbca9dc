"""URLs that let whoever knows them in: webhooks of chat services, bots and automation, and keys in the path."""

import re
from collections.abc import Iterator

from confmend.redact.scanner import Example, Scanner, Span

ANCHOR = "://"
# Each with the part of the path that is the secret.
SHAPES = re.compile(
    r"""(?:hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/
      | [\w.-]{1,100}\.(?:webhook\.)?office\.com/webhookb?2?/ | outlook\.office(?:365)?\.com/webhookb?2?/
      | (?:\w{1,12}\.)?discord(?:app)?\.com/api/(?:v[0-9]{1,2}/)?webhooks/
      | api\.telegram\.org/(?:file/)?bot | hooks\.zapier\.com/hooks/catch/
      | maker\.ifttt\.com/trigger/[\w-]{1,80}/with/key/
      | chat\.googleapis\.com/v1/spaces/[\w-]{1,60}/messages\?key= | [\w.-]{1,80}/hooks/(?=[a-z0-9]{26}\b)
      | events\.pagerduty\.com/integration/ | open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/v2/hook/
      | qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?key= | oapi\.dingtalk\.com/robot/send\?access_token=
      | hc-ping\.com/ | api\.softlayer\.com/(?:soap|rest)/v3(?:\.1)?/(?=[a-z0-9]{64}\b)
      | hooks\.stripe\.com/ | api\.flock\.com/hooks/sendMessage/ | connect\.signl4\.com/webhook/ )""",
    re.VERBOSE | re.IGNORECASE,
)
IN_LINE = re.compile(
    r"hooks\.slack|office(?:[0-9]{3})?\.com/webhook|/webhooks/|api\.telegram\.org|/hooks/|maker\.ifttt\.com|/open-apis/bot/|"
    r"chat\.googleapis\.com|events\.pagerduty\.com|qyapi\.weixin\.qq\.com|oapi\.dingtalk\.com|hc-ping\.com|"
    r"api\.softlayer\.com|hooks\.stripe\.com|connect\.signl[0-9]\.com"
)
REST = re.compile(r"[^\s\"'<>`\\)\]},;|]{6,600}")


def find(text: str) -> Iterator[Span]:
    """Give the secret part of such URLs."""
    at = 0
    while (at := text.find(ANCHOR, at)) >= 0:
        at += len(ANCHOR)
        shape = SHAPES.match(text, at, at + 300)
        if shape and (rest := REST.match(text, shape.end())):
            yield Span(rest.start(), rest.start() + len(rest[0].rstrip(".:")))
            at = rest.end()


SCANNER = Scanner(
    label="webhook",
    find=find,
    reason="whoever knows this URL can use it",
    anchors=((ANCHOR, IN_LINE),),
    lines=1,
    examples=(
        Example("url: https://hooks.slack.com/services/T0AAAA/B0BBBB/qq11zz22", hidden=("T0AAAA/B0BBBB/qq11zz22",)),
        Example("<https://x.webhook.office.com/webhookb2/q1@z2/Incoming/a/b>", hidden=("q1@z2/Incoming/a/b",)),
        Example("https://discord.com/api/webhooks/123456/qq11zz_22", hidden=("123456/qq11zz_22",)),
        Example("GET https://api.telegram.org/bot123:qq11zz22/getMe", hidden=("123:qq11zz22/getMe",)),
        Example("https://api.slack.com/web https://discord.com/api/docs https://outlook.office.com/mail"),
    ),
)
