"""Tokens that are known by their shape alone: `ghp_...`, `glpat-...`, `xoxb-...`, `sk_live_...`, JSON web tokens.

A prefix is the issuer's own mark. After one that says little, `sk-` or `npm_`, the rest has to look drawn by lot, for
`npm_config` and `sk-learn` are names. A token of one sign repeated (`ghp_xxxxxxxx`) is a stand-in and stays.

To be fast on text without tokens, no pattern is tried at every place: only where a separator is followed by what no
word has, and at the start of runs of letters and digits that are too long for a word.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from confmend.redact.scanner import Example, Scanner, Span


def _listed(words: str) -> list[str]:
    return words.split()


# GitHub, GitLab, Slack; registries and clouds; payment; language models; secret stores; monitoring; the rest.
STRONG = _listed("""
    ghp_ gho_ ghu_ ghs_ ghr_ github_pat_
    glpat- gloas- gldt- glrt- glcbt- glptt- glft- glimt- glagent- glsoat- glffct- glrtr- glwt-
    xoxa- xoxb- xoxc- xoxd- xoxe- xoxe. xoxo- xoxp- xoxr- xoxs- xapp- xwfp-
    dckr_pat_ dckr_oat_ dop_v1_ doo_v1_ dor_v1_ rubygems_ GOCSPX- ya29. CFPAT- pul- vcp_ vci_ vca_ vcr_ vck_
    sk_live_ sk_test_ sk_prod_ rk_live_ rk_test_ rk_prod_ pk_live_ pk_test_ whsec_ shippo_live_ shippo_test_
    duffel_live_ duffel_test_ FLWSECK_TEST- FLWSECK- FLWPUBK_TEST- FLWPUBK- sq0atp- sq0csp- sq0idp-
    shpat_ shpca_ shppa_ shpss_ shpua_
    sk-proj- sk-ant- sk-svcacct- sk-admin- sk-or-v1- gsk_ pplx- nvapi- tvly- r8_ xai-
    hvs. hvb. hvr. dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit. AGE-SECRET-KEY- A3- pscale_tkn_ pscale_pw_
    pscale_oauth_ bedrock-api-key- amzn.mws. dt0c01. dt0s01. dt0s16.
    NRAK- NRII- NRIQ- NRJS- NRBR- NRSP- NRRA- px-api- px-dep- glc_ glsa_ sntrys_ sntryu_ phc_ phx_ phs_ phr_
    lin_api_ lin_oauth_ figd_ figo_ PMAK- xkeysib- xsmtpsib- sm_pat_ sm_aat_ CCIPAT_ sgp_local_ pat-na1- pat-eu1-
    tkn.v1_ rdme_ shltm_ dnkey- fio-u- waka_ zpka_ flb_live_ u+
""")
WEAK = _listed("""
    ghp- hf_ api_org_ npm_ pypi- sk- s. b. SG. dp. sgp_ slk_ tfp_ odt_ ops_ pha_ phe_ sc_ ext_ pat. sat. ico- API-
    live_ sl. sqp_ squ_ sqa_ bkua_ ntn_ secret_ re_ fw_ scp-live- scp-test- b_ tk-us- ddp_ ddap_ v1.0- pk_ web_ bb_pr_
    plaid- kpat_ pnu_ sbp_ supabase_ neon_ napi_ crsr_ key- oat- pmk_ apify_api_ lsv2_pt_ lsv2_sk_ pdl_ pcsk_ jina_
""")
LEAST_STRONG, LEAST_WEAK = 12, 20
LONGEST = 4_000
SEPARATED = tuple(
    re.compile(f"{separator}(?=[a-z_-]{{0,12}}+[A-Z0-9][A-Za-z0-9_=~-]{{10}})")
    for separator in ("-", "_", r"\.", r"\+")
)
TAIL = re.compile(r"[A-Za-z0-9_-]{2,}(?:[.=~+%]{1,2}[A-Za-z0-9_-]+|/[A-Za-z0-9+/_-]{24,})*={0,2}")
ESCAPES = ("\\n", "\\r", "\\t", "%3D", "%3d", "%22", "%20")
MASK = re.compile(r"[xX.*0#_-]*|.*(?:x{10}|X{10}|\*{10})")
PART = re.compile(r"[A-Za-z0-9]+")

# What begins a long run of letters and digits, and the whole token from there.
RUN = 15
RUNS = {
    "eyJ": r"eyJ[\w-]{10,}={0,2}(?:\.[\w-]{4,}={0,2}){1,4}|eyJ[A-Za-z0-9+/_-]{40,}={0,2}",
    "AKI": r"AKIA[A-Z0-9]{16}(?![A-Za-z0-9])",
    "ASI": r"ASIA[A-Z0-9]{16}(?![A-Za-z0-9])",
    "ABI": r"ABIA[A-Z0-9]{16}(?![A-Za-z0-9])",
    "ACC": r"ACCA[A-Z0-9]{16}(?![A-Za-z0-9])",
    "A3T": r"A3T[A-Z0-9]{17}(?![A-Za-z0-9])",
    "ABS": r"ABSK[A-Za-z0-9+/]{80,}={0,2}",
    "AKC": r"AKCp[A-Za-z0-9]{32,}",
    "cmV": r"cmVmdGtu[A-Za-z0-9]{32,}",
    "EAA": r"EAA[A-Za-z0-9]{48,}",
    "dap": r"dapi[0-9A-Fa-f]{32}(?:-[0-9])?(?![A-Za-z0-9])",
    "GR1": r"GR1348941[\w-]{16,}",
    "AAA": r"A{18,}[\w%-]{30,}",
    "cio": r"cio[A-Za-z0-9]{32}(?![A-Za-z0-9])",
    "oy2": r"oy2[a-z0-9]{43}(?![A-Za-z0-9])",
    "00D": r"00D[A-Za-z0-9]{12,15}![\w.]{60,}",
    "SK": r"SK[0-9A-Fa-f]{32}(?![A-Za-z0-9])",
    "AC": r"AC[0-9A-Fa-f]{32}(?![A-Za-z0-9])",
}
# What ends one.
ENDS = {
    "NRAL": r"[A-Za-z0-9]{36}NRAL",
    "_mmk": r"[A-Za-z0-9]{29,32}_mmk",
}
AZURE_DEVOPS = re.compile(r"[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}")
# What stands in the middle of one: Google, Atlassian, Entra ID, Telegram, Terraform, Mailchimp, Facebook.
# Each with how far before that the token may start.
INSIDE = {
    "AIza": ((0,), re.compile(r"(?<![\w-])AIza[\w-]{30,}")),
    "ATATT": ((0,), re.compile(r"(?<!\w)ATATT[\w\\%-]{40,}(?:=[\w=]{1,12})?")),
    "ATCTT": ((0,), re.compile(r"(?<!\w)ATCTT[\w\\%-]{40,}(?:=[\w=]{1,12})?")),
    "Q~": ((4,), re.compile(r"(?<![\w~.-])[\w~.-]{3}[0-9]Q~[\w~.-]{30,}")),
    ":AA": ((8, 9, 10), re.compile(r"(?<![0-9])[0-9]{8,10}:AA[\w-]{30,}")),
    ".atlasv1.": ((14,), re.compile(r"[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{40,}")),
    "-us": ((32,), re.compile(r"(?<![0-9a-f])[0-9a-f]{32}-us[0-9]{1,2}(?![\w-])")),
    "access_token$": ((0,), re.compile(r"access_token\$(?:production|sandbox)\$[\w$]{20,}")),
    "_gitlab_session=": ((0,), re.compile(r"_gitlab_session=[\w-]{16,}")),
    "k_live_": ((1,), re.compile(r"(?<![A-Za-z0-9])[srp]k_live_[A-Za-z0-9]{16,}")),
    "|": ((13, 14, 15, 16, 17), re.compile(r"(?<![0-9])[0-9]{13,17}\|[\w-]{27}(?![\w-])")),
}
BEFORE = 40
_IN_RUN = bytes(97 if chr(code).isalnum() and code < 128 else 32 for code in range(256))


def _by_end(prefixes: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for prefix in sorted(prefixes, key=len, reverse=True):
        found.setdefault(prefix[-2:], []).append(prefix)
    return found


BY_END = _by_end(STRONG + WEAK)
WEAK_ONES = frozenset(WEAK)


def drawn(token: str) -> bool:
    """Say whether characters look drawn by lot rather than written by someone."""
    if sum(map(str.isdigit, token)) >= 2:
        longest = max(PART.findall(token), key=len, default="")
        return len(longest) >= 16 and not longest.isdigit()
    # Letters alone, as in Hugging Face's tokens: again and again a capital after a small letter.
    turns = sum(one.islower() and following.isupper() for one, following in pairwise(token))
    return len(token) >= 30 and token.isalnum() and turns >= 6


def _starts(text: str, at: int) -> bool:
    """Say whether a token can begin there: not within a word, but behind an escape such as the `n` of `\\n`."""
    before = text[max(0, at - 3) : at]
    return not before or not (before[-1].isalnum() or before[-1] in "_+/.") or before.endswith(ESCAPES)


def _prefixed(text: str) -> Iterator[Span]:
    """Give tokens that begin with an issuer's mark and a separator."""
    for separated in SEPARATED:
        done = 0
        for match in separated.finditer(text):
            at = match.start() + 1
            if at < done:
                continue
            for prefix in BY_END.get(text[at - 2 : at], ()):
                start = at - len(prefix)
                if not text.startswith(prefix, max(0, start)) or not _starts(text, start):
                    continue
                tail = TAIL.match(text, at, at + LONGEST)
                if tail is None or MASK.fullmatch(tail[0]):
                    break
                weak = prefix in WEAK_ONES
                if len(tail[0]) >= (LEAST_WEAK if weak else LEAST_STRONG) and (not weak or drawn(tail[0])):
                    done = start + len(text[start : tail.end()].rstrip(".%"))
                    yield Span(start, done)
                break


def _runs(text: str) -> Iterator[Span]:
    """Give tokens that are, begin or end with a run of letters and digits too long for a word."""
    marks = text.encode("latin-1", "replace").translate(_IN_RUN)
    needle = b"a" * RUN
    at = 0
    while (at := marks.find(needle, at)) >= 0:
        start = at
        at = marks.find(b" ", at)
        at = len(marks) if at < 0 else at
        shape = RUNS.get(text[start : start + 3]) or RUNS.get(text[start : start + 2])
        if shape is None and text[at - 1] not in "L0123456789" and at - start != 84:
            continue
        if shape and _starts(text, start) and (match := re.compile(shape).match(text, start, start + LONGEST)):
            if not MASK.fullmatch(match[0]):
                yield Span(start, match.end())
            at = max(at, match.end())
        elif ending := ENDS.get(text[at - 4 : at]) or ENDS.get(text[at : at + 4]):
            first = max(start, at - BEFORE)
            if match := re.compile(ending).search(text, first, at + 4):
                yield Span(match.start(), match.end())
        elif at - start == 84 and AZURE_DEVOPS.match(text, start):
            yield Span(start, at)


def find(text: str) -> Iterator[Span]:
    """Give every token that is known by its shape."""
    yield from _prefixed(text)
    yield from _runs(text)
    for inside, (offsets, shape) in INSIDE.items():
        at = text.find(inside)
        while at >= 0:
            following = at + len(inside)
            for offset in offsets:
                match = shape.match(text, at - offset, at + LONGEST) if at >= offset else None
                if match and not MASK.fullmatch(match[0]):
                    yield Span(match.start(), match.end())
                    following = max(following, match.end())
                    break
            at = text.find(inside, following)


SCANNER = Scanner(
    label="token",
    find=find,
    reason="a token that its issuer's mark or shape gives away",
    anchors=(*SEPARATED, RUN, *map(str.lower, INSIDE)),
    lines=1,
    examples=(
        Example(
            "see ghp_q1W2e3R4t5Y6u7I8o9P0a1S2d3F4g5H6j7K8 above", hidden=("ghp_q1W2e3R4t5Y6u7I8o9P0a1S2d3F4g5H6j7K8",)
        ),
        Example("runner glrt-t3_q1W2e3R4t5Y6u7I8o9P0 # CI", hidden=("glrt-t3_q1W2e3R4t5Y6u7I8o9P0",)),
        Example("posting with xoxb-1234567890-q1W2e3R4t5Y6", hidden=("xoxb-1234567890-q1W2e3R4t5Y6",)),
        Example('stripe("sk_test_q1W2e3R4t5Y6u7I8")', hidden=("sk_test_q1W2e3R4t5Y6u7I8",)),
        Example("vault: hvs.q1W2e3R4t5Y6u7I8o9P0a1S2", hidden=("hvs.q1W2e3R4t5Y6u7I8o9P0a1S2",)),
        Example(
            "got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.q1W2e3R4t5Y6",
            hidden=("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.q1W2e3R4t5Y6",),
        ),
        Example("using AKIAQ1W2E3R4T5Y6U7I8 for backups", hidden=("AKIAQ1W2E3R4T5Y6U7I8",)),
        Example("map?v=AIzaSyq1W2e3R4t5Y6u7I8o9P0a1S2d3F4g5H6", hidden=("AIzaSyq1W2e3R4t5Y6u7I8o9P0a1S2d3F4g5H6",)),
        Example("app q1W8Q~e3R4t5Y6u7I8o9P0a1S2d3F4g5H6j7K8", hidden=("q1W8Q~e3R4t5Y6u7I8o9P0a1S2d3F4g5H6j7K8",)),
        Example(
            "bot 123456789:AAq1W2e3R4t5Y6u7I8o9P0a1S2d3F4g5H6j",
            hidden=("123456789:AAq1W2e3R4t5Y6u7I8o9P0a1S2d3F4g5H6j",),
        ),
        Example(
            "license 0123456789abcdef0123456789abcdef0123NRAL", hidden=("0123456789abcdef0123456789abcdef0123NRAL",)
        ),
        Example("ghp_xxxxxxxxxxxxxxxxxxxx AKIAXXXXXXXXXXXXXXXX xoxb-xxxxxxxxxxxx"),
        Example(
            "risk-assessment task-1234567890abcdefghijkl disk-usage-2024-01-02T00-00-00 sk-learn npm_config_registry"
        ),
        Example("pk_users_2024_01_partition_constraint s.getServerAddressByClientCIDRs hf_hub_download"),
        Example("iVBORw0KGgo/eyJabcdefghijklmnopqrstuvwxyz0123456789+/AKIAQ1W2E3R4T5Y6U7I8Z"),
        Example("archived 000000010000000A000000FE, commit 9fceb02d0ae598e95dc970b74767f19372d61af8"),
    ),
)
