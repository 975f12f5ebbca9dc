"""random_page_cost does not fit the storage.

4 is the price of a random read on disks that seek, most of them answered from the cache. On solid state a random read
costs hardly more than the next one, and with 4 the planner reads whole tables where an index would be quicker. The
other way round a price of 1.1 on disks that seek makes it jump about.

Only the reader knows the storage, so it is asked for. 1.1 is custom, not measurement: the manual says to lower it where
the storage has a low random read cost relative to sequential. A reload sets it, the old value undoes it.
"""

from collections.abc import Iterator

from confmend.facts.postgres import Postgres
from confmend.facts.storage import Storage
from confmend.model import Example, Finding, Rule, Severity

DEFAULT = 4.0
SOLID = 1.1
# As a multiple of seq_page_cost: what is between 1 and 2 somebody chose for flash, from 2 on it is a price of seeks.
SEEKS = 2.0


def check(pg: Postgres, storage: Storage) -> Iterator[Finding]:
    """Compare the price of a random read with the storage."""
    cost, step = pg.number("random_page_cost").value, pg.number("seq_page_cost").value
    if step <= 0:
        return
    ratio = cost / step
    if storage.seeks == (ratio >= SEEKS) or cost < step:
        return
    better = (DEFAULT if storage.seeks else SOLID) * step
    effect = "so indexes look cheaper than they are" if storage.seeks else "so indexes look dearer than they are"
    yield Finding(
        f"random_page_cost is {cost:g}, {ratio:g} times a sequential read, on {storage.kind}: {effect}. The usual "
        f"price there is {better:g}.",
        (*pg.origins("random_page_cost", "seq_page_cost"), *((storage.origin,) if storage.origin else ())),
        (pg.edit("random_page_cost", f"{better:g}"),),
    )


RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://www.postgresql.org/docs/current/runtime-config-query.html#GUC-RANDOM-PAGE-COST",),
    examples=(
        Example(
            {"postgresql_conf": "random_page_cost = 4.0\n", "answers": "storage = nvme\n"},
            {"postgresql_conf": "random_page_cost = 1.1\n"},
        ),
        Example(
            {"postgresql_conf": "random_page_cost = 1.1\n", "answers": "storage = hdd\n"},
            {"postgresql_conf": "random_page_cost = 4\n"},
        ),
        Example({"postgresql_conf": "random_page_cost = 1.5\n", "answers": "storage = ssd\n"}),
        Example({"postgresql_conf": "random_page_cost = 2\n", "answers": "storage = hdd\n"}),
    ),
    side_effect="Plans of queries may change; compare the slowest ones before and after.",
)
