"""Write the pages of incidents and rules: python write_pages.py FOLDER. The build runs it with confmend's wheel."""

import sys
from pathlib import Path

from confmend.incidents import incidents
from confmend.pages import incident_page, index_page, rule_page
from confmend.rules import rules


def write(path: Path, text: str) -> None:
    """Write a page with the same line ends on every system."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8", newline="\n")


folder = Path(sys.argv[1])
write(folder / "reference.html", index_page())
for slug in incidents():
    write(folder / "incidents" / f"{slug}.html", incident_page(slug))
for name in rules():
    write(folder / "rules" / f"{name}.html", rule_page(name))
