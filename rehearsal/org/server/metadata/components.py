"""A component of the org, and its files in source format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote

from rehearsal.org.server.metadata.types import BY_FOLDER, OBJECT, ChildType, MetadataType
from rehearsal.org.source.components import component_suffix


@dataclass(frozen=True, slots=True, order=True)
class Component:
    """What a deployment names: a type and a full name such as `Widget__c.Amount__c`."""

    type: str
    full_name: str

    @property
    def key(self) -> tuple[str, str]:
        """Names of components are the same in any case."""
        return self.type, self.full_name.lower()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a component came from: its file in the deployed zip."""

    component: Component
    file: str
    prefix: str
    """Of its record id."""


def place_of(path: PurePosixPath) -> Place | None:
    """The component of a file of the org's source, with the name that a deployment gives its file;
    None where no type of the table has such files."""
    kind = BY_FOLDER.get(path.parts[0])
    if kind is None:
        return None
    if kind is OBJECT:
        return _object_place(path)
    if kind.suffix is None:
        name = path.parts[1]
        return Place(Component(kind.name, name), str(path), kind.prefix)
    name = (
        str(path.relative_to(kind.folder)).removesuffix("-meta.xml").removesuffix(f".{kind.suffix}")
    )
    name = name.removesuffix(f".{kind.name.lower()}Folder")
    file = f"{kind.folder}/{name}.{kind.suffix}"
    return Place(Component(kind.name, unquote(name)), file, kind.prefix)


def _object_place(path: PurePosixPath) -> Place | None:
    name = path.parts[1]
    file = f"{OBJECT.folder}/{name}.{OBJECT.suffix}"
    if len(path.parts) == 3:
        return Place(Component(OBJECT.name, name), file, OBJECT.prefix)
    child = next((child for child in OBJECT.children if child.tag == path.parts[2]), None)
    if child is None:
        return None
    part = path.name.removesuffix(f".{child.suffix}-meta.xml")
    return Place(Component(child.name, f"{name}.{part}"), file, child.prefix)


def object_path(name: str) -> PurePosixPath:
    return PurePosixPath(OBJECT.folder, name, f"{name}.object-meta.xml")


def child_path(parent: str, child: ChildType, name: str) -> PurePosixPath:
    return PurePosixPath(OBJECT.folder, parent, child.tag, f"{name}.{child.suffix}-meta.xml")


def source_path(kind: MetadataType, inside: PurePosixPath) -> PurePosixPath:
    """Where a file of a deployment is in source format. `inside` is its path in its folder."""
    name = inside.name
    if kind.in_folder and len(inside.parts) == 1:
        name = f"{name.removesuffix('-meta.xml')}.{kind.suffix}Folder-meta.xml"
    elif kind.suffix is not None and not kind.meta_file and not name.endswith("-meta.xml"):
        name = f"{name}-meta.xml"
    return PurePosixPath(kind.folder, inside.with_name(name))


def path_in_tree(path: PurePosixPath) -> PurePosixPath:
    """Where a file of a project is kept, whatever folders the project has put it into. `path` is
    relative to a package directory."""
    parts = path.parts
    for place, part in enumerate(parts[:-1]):
        kind = BY_FOLDER.get(part)
        if kind is not None and (kind is OBJECT or kind.suffix is None or kind.in_folder):
            return PurePosixPath(*parts[place:])
    suffix = component_suffix(path) or path.suffix.removeprefix(".")
    kind = next((kind for kind in BY_FOLDER.values() if kind.suffix == suffix), None)
    return PurePosixPath(kind.folder if kind else suffix, path.name)
