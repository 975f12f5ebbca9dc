"""Passwords that a sentence tells, as in chats, tickets and mails: `the password for app is hunter2`.

What the sentence says, and which words are no password, is said in prose.py.
"""

from collections.abc import Iterator

from confmend.redact.keys import IN_SHAPES
from confmend.redact.prose import IN_LINE, IN_LOGIN, SLASH, told
from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import folded, secret

# Of these no sentence is read.
WORDS = tuple(stem for stem in IN_SHAPES if stem not in ("secret", "token", "key", "credential"))


def find(text: str) -> Iterator[Span]:
    """Give what is told for sure."""
    for first, last, sure in told(text, folded(text)):
        if sure and (span := secret(text, first, last)):
            yield span


SCANNER = Scanner(
    label="password",
    find=find,
    reason="a sentence says that it is a password",
    anchors=(*((stem, IN_LINE) for stem in WORDS), (SLASH, IN_LOGIN), ("credential", IN_LOGIN)),
    lines=1,
    examples=(
        Example("The password for app is hunter2.", hidden=("hunter2",)),
        Example("password for app is: hunter2\npw is `hunter`\npassword is: hunter\n", hidden=("hunter2", "hunter")),
        Example("das Passwort lautet hunter2, la contraseña es hunter3", hidden=("hunter2", "hunter3")),
        Example("le mot de passe est « hunter2 »; a senha é hunter3!", hidden=("hunter2", "hunter3")),
        Example(
            "пароль для app: hunter2\n密码是hunter3\nパスワードは hunter4\n", hidden=("hunter2", "hunter3", "hunter4")
        ),
        Example("I changed the app password to hun-ter2 and it was set to on\n", hidden=("hun-ter2",)),
        Example("пароль от базы — hunter2\nplease use password hunter3\n", hidden=("hunter2", "hunter3")),
        Example(
            "password for user app: Hunter!x\nconnect as app with password hunter2\n", hidden=("Hunter!x", "hunter2")
        ),
        Example("<match x>\n  user app\n  password qq11zz\n</match>\n", hidden=("qq11zz",)),
        Example("password for app was reset to qq11zz", hidden=("qq11zz",)),
        Example(
            "user app / hunter2\nlogin: app / hun.ter.3\ncredentials: app/hunter4\n",
            hidden=("hunter2", "hun.ter.3", "hunter4"),
        ),
        Example("login `app` / `hunter`", hidden=("hunter",)),
        Example("the pw is 12345678.", hidden=("12345678",)),
        Example(
            "The password is required. The password is not correct. A password is stored encrypted; it is wrong!\n"
        ),
        Example("password is expired\npassword is: required\nthe password was changed 2024-01-01\npassword is v2\n"),
        Example("password is 8 characters long; the password is 12+ characters; password is in /etc/app.d/pw1\n"),
        Example("password is sha256-hashed, password is scram-sha-256, password is base64-encoded, password is $PW\n"),
        Example("password is db_password\nPassword for user postgres: \n[sudo] password for joe: Sorry, try again.\n"),
        Example(
            "Password for 'https://app@git.example': \nset the password to be safe; reset the password to log in\n"
        ),
        Example("password md5\n password required\npassword varchar(64),\npasswd 12/tcp\nPASS test_app1\n"),
        Example("login: app / role: x\nuser app / 2 hosts\nuser cpu / 12.5%\nlogin: corp/jdoe1 / db2 / db3\n"),
        Example('{"message": "WHERE (a.password IS NULL)::int = 1 AND (password IS null\\nAggregate x\\t"}\n'),
        Example("Closed agent and passphrase cache\\.$\nwith password C<$pass>.\npwd is $cwd)\n"),
        Example("the password is <redacted>, the password is ****, password is %s, password is {{ pw }}\n"),
    ),
)
