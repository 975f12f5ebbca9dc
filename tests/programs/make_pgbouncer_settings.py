"""Write ``data/pgbouncer.tsv`` anew after the newest PgBouncer that can be had.

    cd tests && ../.venv/bin/python -m programs.make_pgbouncer_settings

What ``SHOW CONFIG`` tells (default, applies) is taken from there. Type, unit and the versions (since, until, earlier)
stay as they are in the table: they are written by hand after the manual and NEWS.md, and the tests hold them against
every version there is. A new setting gets a line at the end of [pgbouncer]'s with the type to be filled in; a setting
that is gone keeps its line, and needs the last version that had it.
"""

from pathlib import Path

from programs.pgbouncer import INI, Bouncer, bouncers

TABLE = Path(__file__).resolve().parents[2] / "pysrc" / "confmend" / "data" / "pgbouncer.tsv"


def table(bouncer: Bouncer) -> str:
    """Return the table, refreshed."""
    heading, *lines = TABLE.read_text("utf-8").removesuffix("\n").split("\n")
    names = heading.split("\t")
    rows = [dict(zip(names, line.split("\t"), strict=True)) for line in lines]
    shown = bouncer.start({INI: "[pgbouncer]\nunix_socket_dir = {folder}\n"}).tables["CONFIG"]
    told = {str(row["key"]): row for row in shown}
    main = [row for row in rows if "/" not in row["name"]]
    new = sorted(set(told) - {row["name"] for row in main})
    main += [{**dict.fromkeys(names, ""), "name": name, "type": "?"} for name in new]
    for row in main:
        if row["name"] in told:
            now = told[row["name"]]
            row["default"] = now["default"] or ""
            row["applies"] = "reload" if now["changeable"] == "yes" else "restart"
    parts = [row for row in rows if "/" in row["name"]]
    return "".join("\t".join(row) + "\n" for row in (names, *(list(row.values()) for row in main + parts)))


def main() -> None:
    """Write the table."""
    TABLE.write_text(table(bouncers()[-1]), "utf-8", newline="\n")


if __name__ == "__main__":
    main()
