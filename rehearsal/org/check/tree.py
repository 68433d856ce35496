"""The files of an sfdx project, and their XML, each parsed once."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from lxml import etree

from rehearsal.org.check.finding import Finding
from rehearsal.org.source.forceignore import ignored

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
NAMESPACES = (NAMESPACE, "urn:metadata.tooling.soap.sforce.com")
"""Those that a deployment takes."""
BUNDLES = frozenset(
    {"lwc", "aura", "staticresources", "experiences", "waveTemplates", "digitalExperiences"}
)
"""Folders whose files are not single components in XML."""
_SKIPPED = frozenset({"node_modules", "__tests__", "__mocks__"})
_META = "-meta.xml"


class Element:
    """One element of a metadata file; text comes without its outer white space."""

    __slots__ = ("_node", "children", "tag")

    def __init__(self, node: etree._Element) -> None:
        self._node = node
        self.tag = node.tag.rpartition("}")[2]
        self.children = [Element(child) for child in node.iterchildren(tag=etree.Element)]

    @property
    def line(self) -> int:
        return cast("int", self._node.sourceline or 0)

    @property
    def value(self) -> str:
        return (self._node.text or "").strip()

    def attribute(self, name: str) -> str | None:
        found = self._node.get(f"{{http://www.w3.org/2001/XMLSchema-instance}}{name}")
        return str(found) if found is not None else None

    def all(self, tag: str) -> list[Element]:
        return [child for child in self.children if child.tag == tag]

    def find(self, tag: str) -> Element | None:
        return next((child for child in self.children if child.tag == tag), None)

    def text(self, tag: str) -> str:
        """The first such child's text, empty when there is none."""
        found = self.find(tag)
        return found.value if found is not None else ""

    def flag(self, tag: str) -> bool:
        return self.text(tag) == "true"

    def walk(self) -> Iterator[Element]:
        """The element and everything below it."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Component:
    """A metadata file. `name` is the file's name without suffixes, `folder` the object's for a
    part of one, `package` the package directory; `root` is None when the file is no XML."""

    path: Path
    suffix: str
    name: str
    folder: str
    package: str
    root: Element | None


@dataclass(frozen=True, slots=True)
class Code:
    """A class or trigger."""

    path: Path
    name: str
    text: str


@dataclass(slots=True)
class Tree:
    """Everything in the package directories."""

    root: Path
    namespace: str
    api_version: float
    components: list[Component]
    classes: list[Code]
    triggers: list[Code]
    bundles: dict[str, set[str]]
    """Lower-case names in each bundle folder."""
    faults: list[Finding]

    def of(self, *suffixes: str) -> Iterator[tuple[Component, Element]]:
        """The readable components with one of these suffixes."""
        for component in self.components:
            if component.suffix in suffixes and component.root is not None:
                yield component, component.root


def read_tree(root: Path) -> Tree:
    """Reads the project; what cannot be read is in `faults`."""
    faults: list[Finding] = []
    folders, namespace, version = _package_directories(root, faults)
    tree = Tree(root, namespace, version, [], [], [], {}, faults)
    seen: set[Path] = set()
    skipped = ignored(root)
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path in seen or not path.is_file() or skipped(path):
                continue
            if not _hidden(path.relative_to(folder)):
                seen.add(path)
                _add(tree, folder, path)
    return tree


def _package_directories(root: Path, faults: list[Finding]) -> tuple[list[Path], str, float]:
    path = root / "sfdx-project.json"
    try:
        data = json.loads(path.read_text("utf-8"))
        folders = [root / str(item["path"]) for item in data["packageDirectories"]]
        version = float(data.get("sourceApiVersion") or 0)
    except (OSError, ValueError, KeyError, TypeError) as error:
        faults.append(Finding(path, 1, "error", f"cannot be read: {error}", "project"))
        return [], "", 0.0
    for folder in folders:
        if not folder.is_dir():
            message = f"package directory {folder.relative_to(root)} does not exist"
            faults.append(Finding(path, 1, "error", message, "project"))
    found = [folder for folder in folders if folder.is_dir()]
    return found, str(data.get("namespace") or ""), version


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") or part in _SKIPPED for part in path.parts)


def _add(tree: Tree, folder: Path, path: Path) -> None:
    parts = path.relative_to(folder).parts
    for kind in BUNDLES & set(parts):
        after = parts[parts.index(kind) + 1]
        tree.bundles.setdefault(kind, set()).add(after.split(".")[0].lower())
    if path.suffix in (".cls", ".trigger"):
        code = Code(path, path.stem, path.read_text("utf-8", "replace"))
        (tree.classes if path.suffix == ".cls" else tree.triggers).append(code)
    elif path.name.endswith(_META):
        stem, _, suffix = path.name.removesuffix(_META).rpartition(".")
        if not stem or (BUNDLES & set(parts)):
            _well_formed(tree, path)
        else:
            root = _well_formed(tree, path)
            tree.components.append(
                Component(path, suffix, stem, _owner(path, suffix), str(folder), root)
            )


def _owner(path: Path, suffix: str) -> str:
    return path.parent.name if suffix == "object" else path.parent.parent.name


def _well_formed(tree: Tree, path: Path) -> Element | None:
    stat = path.stat()
    found = _parse(path, stat.st_mtime_ns, stat.st_size)
    if isinstance(found, Element):
        return found
    line, message = found
    tree.faults.append(Finding(path, line, "error", message, "xml"))
    return None


@functools.lru_cache(maxsize=20_000)
def _parse(path: Path, modified: int, size: int) -> Element | tuple[int, str]:
    """The root element, or the line and message of what is wrong with the XML."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        root = etree.fromstring(path.read_bytes(), parser)
    except etree.XMLSyntaxError as error:
        return error.lineno or 1, re.sub(
            r"\s*\(.*\)$|, line \d+, column \d+$", "", error.msg or "not XML"
        )
    if etree.QName(root).namespace not in NAMESPACES:
        return 1, f"the root element is not in the namespace {NAMESPACE}"
    return Element(root)
