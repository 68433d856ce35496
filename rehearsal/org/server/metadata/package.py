"""The zip of a deployment and its manifest (Metadata API Developer Guide, "Deploying and
Retrieving Metadata with the Zip File")."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import cast

from lxml import etree

from rehearsal.org.server.metadata.components import Component
from rehearsal.org.server.metadata.problems import PACKAGE_XML, Problem, of_package
from rehearsal.org.server.metadata.types import BY_NAME, CHILDREN
from rehearsal.org.source.xml import NAMESPACE

MAX_FILES = 10_000
MAX_UNZIPPED = 629_145_600
"""600 MB (Metadata API Developer Guide, "Metadata Limits")."""
_DESTRUCTIVE = (
    "destructiveChanges.xml",
    "destructiveChangesPre.xml",
    "destructiveChangesPost.xml",
)


class BadZip(Exception):
    """The zip cannot be read at all."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The components that a `package.xml` names."""

    members: dict[str, dict[str, int]] = field(default_factory=dict)
    """Names by type, each with its line."""

    def names(self, component: Component) -> bool:
        """Whether the component is named, by itself or by a wildcard."""
        members = self.members.get(component.type, {})
        return component.full_name in members or ("*" in members and component.type not in CHILDREN)


@dataclass(frozen=True, slots=True)
class Package:
    """The files of a deployment below its root, and what its manifest names."""

    files: Mapping[PurePosixPath, bytes]
    manifest: Manifest
    problems: list[Problem]


def read_package(content: bytes) -> Package:
    """Reads the one package of a zip: at its root or in its only folder.

    Raises BadZip.
    """
    files = _unzip(content)
    manifest = files.pop(PurePosixPath(PACKAGE_XML), None)
    if manifest is None:
        several = sum(path.name == PACKAGE_XML for path in files) > 1
        text = "not supported by the local org: several packages in one zip"
        return Package({}, Manifest(), [of_package(text if several else "No package.xml found")])
    named, problems = _read_manifest(manifest)
    for name in _DESTRUCTIVE:
        listed = files.pop(PurePosixPath(name), None)
        if listed is not None:
            problems += _deletions(name, listed)
    return Package(files, named, problems)


def _unzip(content: bytes) -> dict[PurePosixPath, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = [info for info in archive.infolist() if not info.is_dir()]
            if len(found) > MAX_FILES or sum(info.file_size for info in found) > MAX_UNZIPPED:
                raise BadZip(f"more than {MAX_FILES} files, or {MAX_UNZIPPED} bytes unzipped")
            files = {PurePosixPath(info.filename): archive.read(info) for info in found}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise BadZip(str(error)) from None
    if any(path.is_absolute() or ".." in path.parts for path in files):
        raise BadZip("a path leads out of the zip")
    roots = {path.parts[0] for path in files}
    if PurePosixPath(PACKAGE_XML) not in files and len(roots) == 1:
        (root,) = roots
        files = {
            path.relative_to(root): held for path, held in files.items() if len(path.parts) > 1
        }
    return files


def line_of(element: etree._Element) -> int:
    return cast("int", element.sourceline or 1)


def _read_manifest(content: bytes) -> tuple[Manifest, list[Problem]]:
    manifest, problems = Manifest(), []
    try:
        root = _parsed(content)
    except etree.XMLSyntaxError as error:
        return manifest, [of_package(error.msg or "not XML", error.lineno or 1)]
    for kind in root.iterchildren(f"{{{NAMESPACE}}}types"):
        name = (kind.findtext(f"{{{NAMESPACE}}}name") or "").strip()
        if name not in BY_NAME and name not in CHILDREN:
            text = f"not supported by the local org: components of type {name}"
            problems.append(of_package(text, line_of(kind)))
            continue
        members = manifest.members.setdefault(name, {})
        for member in kind.iterchildren(f"{{{NAMESPACE}}}members"):
            members[(member.text or "").strip()] = line_of(member)
    return manifest, problems


def _deletions(file: str, content: bytes) -> list[Problem]:
    try:
        root = _parsed(content)
    except etree.XMLSyntaxError as error:
        return [Problem("", file, file, error.msg or "not XML", error.lineno or 1, 1)]
    return [
        Problem(
            (kind.findtext(f"{{{NAMESPACE}}}name") or "").strip(),
            (member.text or "").strip(),
            file,
            "not supported by the local org: deleting a component",
            line_of(member),
            1,
        )
        for kind in root.iterchildren(f"{{{NAMESPACE}}}types")
        for member in kind.iterchildren(f"{{{NAMESPACE}}}members")
    ]


def _parsed(content: bytes) -> etree._Element:
    return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
