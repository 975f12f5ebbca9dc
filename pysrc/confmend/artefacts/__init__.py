"""What somebody takes away to deploy: scripts, drop-ins, policies. One template is one artefact, found by listing.

A file of ``templates/artefacts/`` is an artefact; its name without ``.j2`` is the download's. A folder there that holds
an ``about`` is one artefact of several files. A template begins with a comment, a folder's ``about`` is the same text
without the comment's signs::

    {#
    title: what it is
    group: apply               what it is for, one of GROUPS
    goes: in one line what it does and where it goes
    needs: settings            values that must be there and not empty, else the artefact is not offered
    uses: files                values that may be empty
    each: files                the template is one file for each of these, called ``each``; its name is ``each.path``
    #}

Values are made by the topics, the modules of this package that declare one.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from confmend import package_files
from confmend.artefacts.files import as_bytes
from confmend.artefacts.quoting import checked, filters
from confmend.artefacts.source import Source, Topic, owners, redacted
from confmend.discover import declared
from confmend.engine import Analysis
from confmend.model import Artefact, File, Paste

if TYPE_CHECKING:
    import jinja2

# What an artefact is for, in the order of what somebody reaches for first: to change the host, to keep it so, to tell.
GROUPS = ("apply", "gate", "tell")
_FOLDER = "templates/artefacts"
_ABOUT, _ENDING = "about", ".j2"
# Zip files know no time before this; a fixed one makes the same analysis the same bytes.
_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Head:
    """What a template says of itself. ``path`` is where its template lies, below the artefact's folder or alone."""

    name: str
    title: str
    group: str
    goes: str
    needs: tuple[str, ...]
    uses: tuple[str, ...]
    each: str
    path: str

    @property
    def artefact(self) -> Artefact:
        """The artefact, without its files."""
        return Artefact(self.name, self.title, self.group, self.goes, not self.path.endswith(_ENDING))


def offered(analysis: Analysis) -> tuple[Artefact, ...]:
    """Return the artefacts that apply, without their files, by their groups and names."""
    return tuple(head.artefact for head, _ in _applying(redacted(analysis)))


def artefacts(analysis: Analysis) -> tuple[Artefact, ...]:
    """Return the artefacts that apply, redacted as the analysis is."""
    return _made(redacted(analysis))


def own_artefacts(pastes: Sequence[Paste], analysis: Analysis) -> tuple[Artefact, ...]:
    """Return the artefacts that apply with their owner's values in them."""
    return _made(owners(pastes, analysis))


def own_artefact(pastes: Sequence[Paste], analysis: Analysis, name: str) -> Artefact:
    """Return one artefact with its owner's values in it. ValueError if there is none of that name."""
    return _one(owners(pastes, analysis), name)


def artefact(analysis: Analysis, name: str) -> Artefact:
    """Return one artefact, redacted as the analysis is. ValueError if there is none of that name."""
    return _one(redacted(analysis), name)


def archive(made: Sequence[Artefact]) -> bytes:
    """Return the files of artefacts as a zip, always the same bytes for the same files."""
    import zipfile

    with io.BytesIO() as zipped:
        with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as target:
            for file in (file for each in made for file in each.files):
                entry = zipfile.ZipInfo(file.name, _DATE)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = (0o755 if file.text.startswith("#!") else 0o644) << 16
                target.writestr(entry, as_bytes(file.text))
        return zipped.getvalue()


@functools.cache
def heads() -> Mapping[str, tuple[Head, ...]]:
    """Return what the templates say of themselves, those of one artefact together and its own head first."""
    found: dict[str, tuple[Head, ...]] = {}
    names = package_files.tree(_FOLDER)
    for path in names:
        folder, slash, inner = path.partition("/")
        if not slash and path.endswith(_ENDING):
            found[path.removesuffix(_ENDING)] = (_head(path, path.removesuffix(_ENDING)),)
        elif inner == _ABOUT:
            own = [each for each in names if each.startswith(f"{folder}/") and each.endswith(_ENDING)]
            found[folder] = (_head(path, folder), *(_head(each, folder) for each in own))
    return dict(sorted(found.items(), key=lambda each: (GROUPS.index(each[1][0].group), each[0])))


def _head(path: str, name: str) -> Head:
    text = package_files.text(f"{_FOLDER}/{path}")
    if path.endswith(_ENDING):
        text = text.removeprefix("{#").partition("#}")[0] if text.startswith("{#\n") else ""
    said = dict(_field(line) for line in text.splitlines() if ":" in line)
    unknown = said.keys() - {"title", "group", "goes", "needs", "uses", "each"}
    if unknown:
        raise ValueError(f"{path}: nobody reads {', '.join(sorted(unknown))}")
    needs, uses = (tuple(said.get(field, "").split()) for field in ("needs", "uses"))
    title, group, goes, each = (said.get(field, "") for field in ("title", "group", "goes", "each"))
    return Head(name, title, group, goes, needs, uses, each, path)


def _field(line: str) -> tuple[str, str]:
    key, _, value = line.partition(":")
    return key.strip(), value.strip()


@functools.cache
def _topics() -> Mapping[str, Topic]:
    return declared("confmend.artefacts", "TOPIC", Topic)


class _Values:
    """The values of one source, each made once and when it is asked for."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._made: dict[str, object] = {}

    def __getitem__(self, name: str) -> object:
        if name not in self._made:
            make = next(topic.values[name] for topic in _topics().values() if name in topic.values)
            self._made[name] = make(self._source)
        return self._made[name]

    def of(self, head: Head) -> dict[str, object]:
        return {name: self[name] for name in (*head.needs, *head.uses, *([head.each] if head.each else ()))}

    def supply(self, head: Head) -> bool:
        return all(self[name] for name in (*head.needs, *([head.each] if head.each else ())))


def _applying(source: Source) -> Iterator[tuple[Head, _Values]]:
    values = _Values(source)
    for own, *_ in heads().values():
        if values.supply(own):
            yield own, values


def _made(source: Source) -> tuple[Artefact, ...]:
    environment = _environment(source)
    return tuple(_artefact(head, values, environment) for head, values in _applying(source))


def _one(source: Source, name: str) -> Artefact:
    for head, values in _applying(source):
        if head.name == name:
            return _artefact(head, values, _environment(source))
    raise ValueError(f"there is nothing to export that is called {name}")


def _artefact(own: Head, values: _Values, environment: jinja2.Environment) -> Artefact:
    templates = [head for head in heads()[own.name] if head.path.endswith(_ENDING) and values.supply(head)]
    files = tuple(file for head in templates for file in _files(own, head, values, environment))
    return replace(own.artefact, files=files)


def _files(own: Head, head: Head, values: _Values, environment: jinja2.Environment) -> Iterator[File]:
    template = environment.get_template(head.path)
    # What a folder's artefact needs, each of its files may use.
    context = {**values.of(own), **values.of(head)}
    if not head.each:
        yield File(head.path.removesuffix(_ENDING), template.render(context))
        return
    folder = head.path.rpartition("/")[0]
    for each in values[head.each]:  # type: ignore[attr-defined]  # what each names is a sequence of things with a path
        yield File(f"{folder}/{each.path}".removeprefix("/"), template.render({**context, "each": each}))


def _environment(source: Source) -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("confmend", _FOLDER),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=checked,
    )
    environment.filters.update(filters(source.own))
    return environment
