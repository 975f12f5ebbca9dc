"""Which keys name a secret, and which values look like one where the key alone does not say enough."""

import re
from itertools import pairwise

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# What other languages call a password; "motdepasse" and "passwort" hold a stem of ours.
ABROAD = (
    *("kennwort", "contrase", "senha", "parola", "haslo", "hasło", "sifre", "şifre", "пароль"),
    *("密码", "密碼", "口令", "パスワード", "비밀번호"),
)
STEMS = ("pass", "pw", "secret", "token", "key", "credential", *ABROAD)
# Which of them to look for in the shape of a line, where what is beyond Latin-1 is a question mark: 密码 finds the
# longer ones too.
IN_SHAPES = tuple(stem for stem in STEMS if stem in ("hasło", "şifre", "密码") or stem.isascii())
# As a word of its own: not in "desenhar", in 密码加密 (how passwords are encrypted), in "Kennwortrichtlinie".
NAMED_ABROAD = re.compile(
    r"(?:(?<![^\W\d_])|(?<=(?-i:[a-zа-я]))(?=(?-i:[A-ZА-Я]))|(?=[^\x00-\u2FFF]))"
    r"(?:kennwort|contrase(?:ñ|n\u0303?)a|mot[_.-]?de[_.-]?passe|senha|parola(?![_-]?chiave)|has[łl]o|[sş]ifre|пароль|"
    r"密码|密碼|口令|パスワード|비밀번호)s?(?!(?-i:[^\W\d_A-ZА-Я]))",
    re.IGNORECASE,
)

# What a key ends with when its value is about a secret and is none.
ENDING = re.compile(
    r".*(?:file|path)|encryption|lifetime|required|timeout|type|methods?|names?|id|ids|length|ur[il]s?|policy|expir\w*|ttl|"
    r"count|rotation|interval|command|reload|enabled|disabled|dirs?|directory|ref|size|limit|max|min|version|algorithm|"
    r"endpoint|fd|helper|host|port|user|username|days|age|history|prefix|format|stdin|prompt|"
    # classes and modules of a program that writes a log
    r"manager|service|filter|provider|store|handler|factory|encoder|controller|exception|error|validator|helper|"
    r"passwordcheck|passwordless"
)
NOT_PASS = ("bypass", "compass", "encompass", "surpass", "trespass", "overpass", "underpass")
AFTER_PASS = frozenset(("secure", "secured", "sec", "plain", "text", "value", "new", "old", "default"))
_KEY_OF = (
    "api access private secret encryption encrypt auth account shared signing master cipher session client libsodium "
    "hmac jwt storage fastopen app application subscription aes license licence activation unseal authentication "
    "decryption crypto webhook stream enc sas instrumentation ingest recovery vault azure"
)
KEY_OF = frozenset(_KEY_OF.split())
# Keys whose value is no secret however it looks: of tables, of caches, and the public halves.
_NOT_SECRET = (
    "primary foreign partition sort unique cache public pub group object search lookup hash row index map natural "
    "surrogate idempotency dedup routing host sha gpg order context lock resource translation message registry "
    "verify verifying known distribution cluster shard range publishable arrow hot short any rss"
)
NOT_SECRET_KEY = frozenset(_NOT_SECRET.split())
# Fewer than KEY_OF: "signing key: <hex>" in dmesg is a certificate's fingerprint.
SPACED_KEY = re.compile(
    r"(?:^|[^A-Za-z])(?:api|access|private|secret|encryption|auth|authentication|activation|license|shared|master) $",
    re.IGNORECASE,
)
MOT_DE_PASSE = re.compile(r"\bmot[ \xa0]de[ \xa0]$", re.IGNORECASE)
DRAWN = re.compile(r"[A-Za-z0-9_+/=.~:|@!-]{10,}")


def secret_label(key: str) -> str:
    """What the key's value is: a password, token, key, or secret; empty when it is none of them."""
    low = key.lower()
    words = [word.lower() for word in WORD.findall(key)]
    if words and ENDING.fullmatch(words[-1]):
        return "private key" if low.endswith("client-key-data") else ""
    if "passw" in low or "passphrase" in low or "passcode" in low:
        return "password"
    if words and words[-1].endswith("pass") and words[-1] not in NOT_PASS:
        return "password"
    for before, word in zip(["", *words], words, strict=False):
        single = word.removesuffix("s")
        if word.endswith("pwd") or word == "pw" or (before == "pass" and word in AFTER_PASS):
            return "password"
        if single.endswith("token"):
            return "token"
        if single.endswith(("secret", "credential", "secrete")):
            return "secret"
        if single.endswith("apikey"):
            return "key"
        if single.endswith("key") and (single[:-3] in KEY_OF or (single == "key" and before in KEY_OF)):
            return "private key" if "private" in (before, single[:-3]) else "key"
    return "password" if NAMED_ABROAD.search(key) else ""


def spaced_label(text: str, start: int, end: int) -> tuple[int, str]:
    """Where a key begins whose words have blanks between them, `api key` and `mot de passe`, and what its value is."""
    last = text[start:end].lower()
    if last == "key" and (spaced := SPACED_KEY.search(text, max(0, start - 16), start)):
        return start, "private key" if "private" in spaced[0].lower() else "key"
    if last == "passe" and (spaced := MOT_DE_PASSE.search(text, max(0, start - 8), start)):
        return spaced.start(), "password"
    return start, ""


def may_be_key(key: str) -> bool:
    """Whether it is some `spotify_key` or `sl-key`, of whose value only its look says whether it is a secret."""
    words = [word.lower() for word in WORD.findall(key)]
    if not words or not words[-1].endswith("key"):
        return False
    before = words[-1][:-3] or (words[-2] if len(words) > 1 else "")
    return before not in NOT_SECRET_KEY and not low_key(key)


def low_key(key: str) -> bool:
    """Whether it is just `key`, which stands before fingerprints and labels too."""
    return key.lower() in ("key", "keys")


def looks_drawn(value: str, least: int = 16) -> bool:
    """Whether a value looks drawn by lot: letters and digits mixed, in one piece, no path and no name with a number."""
    if len(value) < least or not DRAWN.fullmatch(value) or value[0] in "/." or "://" in value:
        return False
    digits = sum(map(str.isdigit, value))
    letters = sum(map(str.isalpha, value))
    if digits >= 3 and letters >= 3:
        return True
    turns = sum(one.islower() and following.isupper() for one, following in pairwise(value))
    return turns >= 4 and value.isalnum()
