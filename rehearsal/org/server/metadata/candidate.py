"""The org that a deployment would make of the running one, or why there cannot be one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from rehearsal.org.errors import MetadataError, OrgError, Unsupported
from rehearsal.org.org import Org
from rehearsal.org.server.metadata.components import Component, place_of
from rehearsal.org.server.metadata.convert import Converted
from rehearsal.org.server.metadata.problems import Problem, of_package
from rehearsal.org.server.metadata.tree import SourceTree
from rehearsal.org.source import load_project
from rehearsal.org.upgrade import keep_key_prefixes


@dataclass(slots=True)
class Attempt:
    """A tree, and the org it makes; without one there are problems."""

    tree: SourceTree
    org: Org | None = None
    problems: list[Problem] = field(default_factory=list)


def attempt(running: Org, tree: SourceTree, converted: Converted) -> Attempt:
    """Loads the running org's source with the deployed components in it."""
    made = Attempt(tree.with_files(converted.files))
    faults: list[OrgError] = []
    with tempfile.TemporaryDirectory(prefix="localorg-") as folder:
        root = Path(folder)
        made.tree.write(root)
        try:
            project = load_project(root, running.project.options)
            keep_key_prefixes(project.schema, running.schema)
            made.org = Org.of(project, clock=running.clock)
            faults += running.refusals(project.schema)
        except* OrgError as group:
            faults += _flat(group)
        made.problems = [_problem(fault, root, made.tree, converted) for fault in faults]
    if made.problems:
        made.org = None
    return made


def _flat(group: BaseExceptionGroup[BaseException]) -> Iterator[OrgError]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _flat(error)
        elif isinstance(error, OrgError):
            yield error


def _problem(fault: OrgError, root: Path, tree: SourceTree, converted: Converted) -> Problem:
    message, where = str(fault), None
    if isinstance(fault, Unsupported):
        message, where = f"not supported by the local org: {fault.feature}", fault.where
    elif isinstance(fault, MetadataError):
        message, where = fault.message, fault.where
    path = tree.path_of(root, where.path if where else None)
    place = place_of(path) if path else None
    if where is None or path is None or place is None:
        return of_package(message)
    component, line = place.component, where.line
    column = where.column or _column(tree.files[path], path, line)
    if component.key not in converted.places and component.type in {"ApexClass", "ApexTrigger"}:
        message = _dependent(component, line, column, message)
    return Problem(component.type, component.full_name, place.file, message, line, column)


def _dependent(component: Component, line: int, column: int, message: str) -> str:
    """What Salesforce says when it is not the deployed code that no longer compiles."""
    kind = component.type.removeprefix("Apex")
    return (
        f"Dependent {kind.lower()} is invalid and needs recompilation:\n "
        f"{kind} {component.full_name} : line {line}, column {column}: {message}"
    )


def _column(content: bytes, path: PurePosixPath, line: int) -> int:
    """Where the line's own text begins; behind its first tag in XML, as Salesforce counts."""
    lines = content.split(b"\n")
    if not 0 < line <= len(lines):
        return 0
    text = lines[line - 1].decode("utf-8", "replace")
    indent = len(text) - len(text.lstrip())
    if path.name.endswith("-meta.xml") and ">" in text:
        return text.index(">") + 2
    return indent + 1
