"""A managed service's settings are not changed in files.

On Amazon RDS and Aurora, Cloud SQL and Azure Database nobody edits postgresql.conf, pg_hba.conf or kernel keys. What
may be changed has its own place: parameter groups, database flags, server parameters; some settings are fixed, and
those of the kernel are the provider's. ALTER ROLE and ALTER DATABASE work everywhere.

The values found here hold all the same; where to put them differs. Wrong if the files are of another server than the
one that told of the service: then answer role = primary.
"""

from collections.abc import Iterator

from confmend.facts import Documents
from confmend.facts.role import FROZEN, Role
from confmend.model import Example, Finding, Rule, Severity

_SHOWN = 3


def check(role: Role, documents: Documents) -> Iterator[Finding]:
    """Say where the settings are changed, where a file was pasted that nobody can edit there."""
    files = [document for kind in FROZEN for document in documents.of(kind)]
    if role.service and files:
        names = ", ".join(document.name for document in files[:_SHOWN])
        yield Finding(
            f"This is {role.service}: {names} can't be edited there. Settings are changed in {role.console}; kernel "
            "keys are the provider's.",
            (*role.origins, *(document.origin(0) for document in files[:_SHOWN] if document.lines)),
        )


RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithParamGroups.html",
        "https://cloud.google.com/sql/docs/postgres/flags",
        "https://learn.microsoft.com/en-us/azure/postgresql/flexible-server/concepts-server-parameters",
    ),
    examples=(
        Example(
            {"postgresql_conf": "rds.superuser_variables = 'session_replication_role'\n"},
            {"postgresql_conf": "rds.superuser_variables = 'session_replication_role'\n"},
        ),
        Example(
            {"sysctl_conf": "vm.swappiness = 1\n", "answers": "role = cloud sql\n"},
            {"sysctl_conf": "vm.swappiness = 1\n"},
        ),
        Example({"postgresql_conf": "port = 5432\n", "answers": "role = primary\n"}),
    ),
)
