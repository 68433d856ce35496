"""From metadata format, in which the API takes components, to the source format of a project."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from lxml import etree

from rehearsal.org.schema import ObjectKind
from rehearsal.org.server.metadata.components import (
    Place,
    child_path,
    object_path,
    place_of,
    source_path,
)
from rehearsal.org.server.metadata.package import Package, line_of
from rehearsal.org.server.metadata.problems import PACKAGE_XML, Problem
from rehearsal.org.server.metadata.types import BY_FOLDER, OBJECT, ChildType
from rehearsal.org.source.objects import kind_of
from rehearsal.org.source.xml import NAMESPACE


@dataclass(slots=True)
class Converted:
    """The components of a deployment in source format."""

    files: dict[PurePosixPath, bytes] = field(default_factory=dict)
    places: dict[tuple[str, str], Place] = field(default_factory=dict)
    paths: dict[tuple[str, str], list[PurePosixPath]] = field(default_factory=dict)
    """The files of each component."""
    problems: list[Problem] = field(default_factory=list)

    def add(self, path: PurePosixPath, content: bytes, place: Place) -> None:
        self.files[path] = content
        self.places[place.component.key] = place
        self.paths.setdefault(place.component.key, []).append(path)

    def drop(self, key: tuple[str, str]) -> bool:
        """Leaves a component out; False when it is not there."""
        for path in self.paths.pop(key, ()):
            del self.files[path]
        return self.places.pop(key, None) is not None


def convert(package: Package) -> Converted:
    """Converts what the manifest names. What it does not name, and what it names and is not there,
    are problems."""
    made = Converted(problems=list(package.problems))
    for path, content in sorted(package.files.items()):
        kind = BY_FOLDER.get(path.parts[0])
        folder = kind is not None and kind.in_folder and len(path.parts) == 2
        wanted = f".{kind.suffix}" if kind and kind.suffix and not folder else ""
        if kind is None or wanted not in path.name:
            text = f"not supported by the local org: a component in {path}"
            made.problems.append(Problem("", str(path), str(path), text))
        elif kind is OBJECT:
            made.problems += _object(package, path, content, made)
        else:
            target = source_path(kind, path.relative_to(kind.folder))
            place = place_of(target)
            assert place is not None
            if package.manifest.names(place.component):
                made.add(target, content, place)
            else:
                made.problems.append(_unnamed(place))
    there = {*made.places, *((p.component_type, p.full_name.lower()) for p in made.problems)}
    made.problems += _missing(package, there)
    return made


def _unnamed(place: Place) -> Problem:
    component = place.component
    return Problem(component.type, component.full_name, place.file, "Not in package.xml")


def _missing(package: Package, there: set[tuple[str, str]]) -> Iterator[Problem]:
    for kind, members in package.manifest.members.items():
        for name, line in members.items():
            if name == "*" or (kind, name.lower()) in there:
                continue
            if kind == OBJECT.name and kind_of(name) is ObjectKind.STANDARD:
                continue
            yield Problem(
                kind,
                name,
                PACKAGE_XML,
                f"An object '{name}' of type {kind} was named in package.xml, but was not found "
                "in zipped directory",
                line,
                1,
            )


def _object(
    package: Package, path: PurePosixPath, content: bytes, made: Converted
) -> Iterator[Problem]:
    """Takes an object's file apart. Every part stands on the line on which it stood, so that a
    fault's line is that of the file that was deployed."""
    name, manifest = path.name.removesuffix(f".{OBJECT.suffix}"), package.manifest
    target = object_path(name)
    whole = place_of(target)
    assert whole is not None
    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        yield Problem(
            OBJECT.name,
            name,
            str(path),
            error.msg or "not XML",
            error.lineno or 1,
            error.offset or 1,
        )
        return
    if root.tag != f"{{{NAMESPACE}}}{OBJECT.name}":
        yield Problem(OBJECT.name, name, str(path), f"not a {OBJECT.name} in {NAMESPACE}", 1, 1)
        return
    named = manifest.names(whole.component)
    children = {f"{{{NAMESPACE}}}{child.tag}": child for child in OBJECT.children}
    for element in list(root.iterchildren(*children)):
        child = children[element.tag]
        part = (element.findtext(f"{{{NAMESPACE}}}fullName") or "").strip()
        target_of_part = child_path(name, child, part)
        place = place_of(target_of_part)
        assert place is not None
        if not part:
            yield Problem(
                child.name,
                name,
                str(path),
                "Required field is missing: fullName",
                line_of(element),
                1,
            )
        elif named or manifest.names(place.component):
            made.add(target_of_part, _part(element, child), place)
        else:
            yield _unnamed(place)
        _cut(element)
    if len(root) and not named:
        yield _unnamed(whole)
    elif named and (len(root) or kind_of(name) is not ObjectKind.STANDARD):
        made.add(target, _at_line(root), whole)


def _part(element: etree._Element, child: ChildType) -> bytes:
    line = line_of(element)
    text = etree.tostring(element, encoding="unicode", with_tail=False)
    own = etree.fromstring(text)
    own.tag = f"{{{NAMESPACE}}}{child.name}"
    return b"\n" * (line - 1) + etree.tostring(own, encoding="utf-8", xml_declaration=False)


def _at_line(root: etree._Element) -> bytes:
    return b"\n" * (line_of(root) - 1) + etree.tostring(
        root, encoding="utf-8", xml_declaration=False
    )


def _cut(element: etree._Element) -> None:
    """Removes an element and leaves its lines."""
    parent, before = element.getparent(), element.getprevious()
    assert parent is not None
    text = etree.tostring(element, encoding="unicode", with_tail=False)
    left = "\n" * text.count("\n") + (element.tail or "")
    if before is None:
        parent.text = (parent.text or "") + left
    else:
        before.tail = (before.tail or "") + left
    element.tail = None
    parent.remove(element)
