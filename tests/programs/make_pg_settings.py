"""Write ``data/pg_settings/<major>.tsv`` from running servers: every major that is installed, or those that are named.

    cd tests && npm ci --ignore-scripts && ../.venv/bin/python -m programs.make_pg_settings [MAJOR...]

A table is what a stock server says of itself in pg_settings, one line a setting, in the order of the names' bytes; an
empty field is NULL or empty. For a new major version, add its package to tests/package.json first.
"""

import sys
from pathlib import Path

from programs.postgresql import Server, servers

TABLES = Path(__file__).resolve().parents[2] / "pysrc" / "confmend" / "data" / "pg_settings"
COLUMNS = ("name", "vartype", "unit", "context", "category", "min_val", "max_val", "enumvals", "boot_val")


def table(server: Server) -> str:
    """Return the table of one version."""
    columns = ", ".join(f"array_to_string({name}, ',')" if name == "enumvals" else name for name in COLUMNS)
    rows = server.query(f'select {columns} from pg_settings order by name collate "C"')
    return "\t".join(COLUMNS) + "\n" + rows


def main() -> None:
    """Write the tables that the command line asks for."""
    wanted = {int(major) for major in sys.argv[1:]}
    chosen = [server for server in servers() if not wanted or server.version in wanted]
    if not chosen or len(chosen) < len(wanted):
        raise SystemExit("Not installed: add the version to tests/package.json and run npm ci --ignore-scripts there.")
    for server in chosen:
        path = TABLES / f"{server.version}.tsv"
        path.write_text(table(server), "utf-8", newline="\n")
        print(path.name)


if __name__ == "__main__":
    main()
