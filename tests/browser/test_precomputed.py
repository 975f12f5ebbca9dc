"""What the build has worked out in advance is what the page's Python would work out, and all that a start needs."""

from playwright.sync_api import Page
from test_seal import python

from conftest import Site, wait_for_engine


def test_patterns_are_those_that_python_makes(page: Page, probing_site: Site) -> None:
    page.goto(probing_site.url)
    wait_for_engine(page)
    outcomes = python(
        page,
        """
        import marshal, precomputed
        from re import _compiler
        where = f"{precomputed.__loader__.archive}/{precomputed.TABLE}"
        codes, programs = marshal.loads(precomputed.__loader__.get_data(where))
        different = [
            repr(pattern)
            for pattern, flags in programs
            if _compiler.compile(pattern, flags) != precomputed._compile(pattern, flags)
            or _compiler.compile(pattern, flags).groupindex != precomputed._compile(pattern, flags).groupindex
        ]
        outcomes = [len(codes) > 100, len(programs) > 500, different]
        """,
    )
    assert outcomes == [True, True, []]


def test_nothing_that_the_engine_imports_is_worked_out_anew(page: Page, probing_site: Site) -> None:
    page.goto(probing_site.url)
    wait_for_engine(page)
    outcomes = python(
        page,
        """
        import precomputed, re, sys
        anew = []
        made, run = precomputed._compile, exec

        def noted_compile(pattern, flags=0):
            anew.append(repr(pattern))
            return made(pattern, flags)

        def noted_exec(code, *names):
            if isinstance(code, str):
                anew.append(code)
            run(code, *names)

        precomputed._compile, precomputed.exec = noted_compile, noted_exec
        re.purge()
        for name in [name for name in sys.modules if name.split(".")[0] in ("confmend", "jinja2")]:
            del sys.modules[name]
        import confmend.bridge
        confmend.bridge.call('{"id": 0, "call": "report", "args": {"pastes": []}}')
        outcomes = [len(anew), anew[:3]]
        """,
    )
    assert outcomes == [0, []]
