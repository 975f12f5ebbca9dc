"""Script injections in every field that the page shows: none runs, and none becomes an element at all."""

import gzip
import io
import tarfile
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from conftest import Site, wait_for_engine

INJECTIONS = {
    "script": "<script>ran('script')</script>",
    "image": "<img src=x onerror=ran('image')>",
    "svg": "<svg/onload=ran('svg')><animate onbegin=ran('animate') attributeName=x dur=1s>",
    "out of an attribute": "\" autofocus onfocus=ran('double') x=\"' autofocus onfocus=ran('single') x='",
    "out of a text": "</textarea></title></style></pre></script><script>ran('out')</script><!--",
    "address": "javascript:ran('address')",
    "details": "<details open ontoggle=ran('details')><summary>x</summary></details>",
    "frame": "<iframe srcdoc=\"<script>parent.ran('frame')</script>\"></iframe>",
    "template": "{{ range.constructor('ran(1)')() }}{% for x in ().__class__.__mro__ %}{{ x }}{% endfor %}",
    "entities": "&lt;img src=x onerror=ran('entity')&gt;&#60;script&#62;ran('number')&#60;/script&#62;",
    "mutation": '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=ran(1)&gt;">',
    "base": "<base href=https://other.example/><meta http-equiv=refresh content='0;url=javascript:ran(1)'>",
}
WATCH = """
window.ranOf = [];
window.ran = (what) => window.ranOf.push(what);
window.violations = [];
addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`);
});
"""
# What no template of ours writes, inside what was made from pastes.
FOREIGN = """[...document.querySelectorAll("body *")].flatMap((each) => {
  const address = (name) => ["href", "src", "action", "formaction", "xlink:href"].includes(name);
  const runs = (name, value) => /^on|^srcdoc$/.test(name) || (address(name) && /^\\s*javascript:/i.test(value));
  const odd = [...each.attributes].filter(({ name, value }) => runs(name, value));
  const made = each.closest("#report, #items, #notes, #unreadable, #answers, #error, #examples");
  const strange = made && /^(script|img|iframe|object|embed|base|meta|link|style|math|animate)$/i.test(each.localName);
  return strange || odd.length ? [each.outerHTML.slice(0, 200)] : [];
})"""


@pytest.fixture
def watched(page: Page, site: Site) -> Page:
    """The page, with a look-out for scripts that run and for those that the policy had to stop."""
    page.add_init_script(WATCH)
    page.goto(site.url)
    wait_for_engine(page)
    return page


def bundle(evil: str) -> str:
    """Put the injection where a name, a key, a value, a comment, a log's text or a column stands."""
    key = evil.replace("=", "").replace(" ", "")
    return f"""\
==> /etc/{evil}/sysctl.conf <==
net.ipv4.tcp_mem = 786432 1048576 26777216
net.core.rmem_default = 31457280
net.ipv4.{key} = 5
net.core.wmem_default = {evil}
# {evil}
{evil}
==> postgresql.conf <==
max_connections = 500 # {evil}
shared_buffers = '14GB'
shared_buffers = {evil}
listen_addresses = '{evil}'
archive_command = '{evil}'
{key} = 1
primary_conninfo = 'host={key} user={key} password={key}-Tr0ub4dor'
==> pgbouncer.ini <==
[databases]
{key} = host=10.0.0.1 dbname='{key}' password=Tr0ub4dor-example
[pgbouncer]
max_client_conn = 5000
pool_mode = {evil}
==> meminfo <==
MemTotal:       16090752 kB
{evil}:  5 kB
==> postgresql-15-main.log <==
2026-03-02 03:14:55.031 UTC [20412] {key}@{key} LOG:  could not receive data: no buffer space available {evil}
2026-03-02 03:14:56.031 UTC [20413] app@{key} FATAL:  sorry, too many clients already
2026-03-02 03:14:57.031 UTC [20414] app@orders ERROR:  relation "{evil}" does not exist at character 15
2026-03-02 03:14:57.031 UTC [20414] app@orders STATEMENT:  SELECT '{evil}'
==> pg_hba.conf <==
host  {key}  all  0.0.0.0/0  trust
==> ss -tanp <==
State Recv-Q Send-Q Local Address:Port Peer Address:Port Process
ESTAB 0 0 10.0.0.1:5432 10.0.0.2:40000 users:(("{key}",pid=1,fd=5))
"""


# As parts of a password these are hidden everywhere, so the report does not have them whole.
PARTLY_HIDDEN = {"script", "out of a text", "address"}


def done(page: Page) -> None:
    expect(page.locator("#status")).to_contain_text("Done")


def unfold(page: Page) -> None:
    page.locator("details").evaluate_all("all => all.forEach((each) => (each.open = true))")


def nothing_ran(page: Page) -> None:
    page.wait_for_timeout(150)  # an image that fails to load tells it later
    assert page.evaluate("window.ranOf") == []
    assert page.evaluate("window.violations") == []
    assert page.evaluate(FOREIGN) == []


def test_the_look_out_sees_what_a_careless_page_would_let_through(page: Page, site: Site) -> None:
    page.add_init_script(WATCH)
    page.goto(f"{site.url}offline.html")  # a page of ours without pastes, whose policy knows no trusted types
    page.evaluate("text => { document.body.innerHTML = `<div id=report>${text}</div>`; }", INJECTIONS["image"])
    page.wait_for_timeout(150)
    assert page.evaluate("window.ranOf") == []
    # The handler, and in some versions the image as well.
    assert page.evaluate("window.violations.length") >= 1
    assert len(page.evaluate(FOREIGN)) == 1


def test_no_text_of_a_paste_runs(watched: Page) -> None:
    watched.get_by_label("Paste your configuration").fill("\n".join(map(bundle, INJECTIONS.values())))
    watched.get_by_role("button", name="Analyse").click()
    done(watched)
    unfold(watched)
    shown = watched.evaluate("document.getElementById('report').textContent")
    assert {name for name, evil in INJECTIONS.items() if evil not in shown} == PARTLY_HIDDEN
    nothing_ran(watched)


def test_no_name_of_a_file_runs(watched: Page) -> None:
    names = [evil.replace("/", "\N{DIVISION SLASH}") for evil in INJECTIONS.values()]
    text = b"net.ipv4.tcp_mem = 786432 1048576 26777216\n<b onclick=ran(1)>\n"
    files: list[Any] = [{"name": name, "mimeType": "", "buffer": text} for name in names]
    files.append({"name": f"{names[1]}.tar.gz", "mimeType": "", "buffer": archive(list(INJECTIONS.values()))})
    files.append({"name": f"{names[0]}.zip", "mimeType": "", "buffer": b"PK\x03\x04" + names[0].encode() * 20})
    watched.locator("#files").set_input_files(files)
    done(watched)
    unfold(watched)
    nothing_ran(watched)


def archive(names: list[str]) -> bytes:
    """Make an archive whose members have these names."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for name in names:
            content = b"vm.swappiness = 5\n"
            member = tarfile.TarInfo(f"sos/etc/sysctl.d/{name}.conf")
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))
    return gzip.compress(out.getvalue())


def test_no_answer_and_no_word_of_ones_own_runs(watched: Page) -> None:
    watched.get_by_label("Paste your configuration").fill(bundle(INJECTIONS["image"]))
    done(watched)
    fields = watched.locator("#answers input")
    evils = list(INJECTIONS.values())
    fields.evaluate_all(
        """(fields, evils) => {
          fields.forEach((field, index) => (field.value = evils[index % evils.length]));
          fields.at(-1).dispatchEvent(new Event("change", { bubbles: true }));
        }""",
        evils,
    )
    watched.get_by_role("button", name="Analyse").click()
    done(watched)
    for evil in (INJECTIONS["image"], INJECTIONS["out of an attribute"]):
        watched.get_by_label("a word of your own").fill(evil)
        watched.get_by_role("button", name="Hide it everywhere").click()
        done(watched)
    unfold(watched)
    nothing_ran(watched)


def test_no_address_runs(page: Page, site: Site) -> None:
    page.add_init_script(WATCH)
    for part in ("incident", "rule"):
        page.goto("about:blank")
        page.goto(f"{site.url}?embed={INJECTIONS['image']}#{part}={INJECTIONS['image']}")
        wait_for_engine(page)
        nothing_ran(page)


def test_a_browser_with_trusted_types_renders_only_what_the_engine_wrote(watched: Page) -> None:
    refused = """(attempt) => {
      try { attempt(); return "done"; } catch (error) { return error.name; }
    }"""
    attempts = {
        "a text as markup": "() => { document.body.innerHTML = '<b>x</b>'; }",
        "a text after markup": "() => { document.body.insertAdjacentHTML('beforeend', '<b>x</b>'); }",
        "a worker of an address": "() => { new Worker('blob:x'); }",
        "a second policy": "() => { trustedTypes.createPolicy('other', { createHTML: (text) => text }); }",
        "the same policy again": "() => { trustedTypes.createPolicy('confmend', { createHTML: (text) => text }); }",
    }
    outcomes = {name: watched.evaluate(f"({refused})({attempt})") for name, attempt in attempts.items()}
    assert outcomes == dict.fromkeys(attempts, "TypeError")
