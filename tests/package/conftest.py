"""The package as its source files say it: objects with their fields, Flows, permission sets."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from lxml import etree

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "salesforce"
_NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"


@dataclass(frozen=True)
class Node:
    """An element of a metadata file, without its namespace."""

    element: etree._Element

    def all(self, tag: str) -> list[Node]:
        return [Node(child) for child in self.element.findall(_NAMESPACE + tag)]

    def text(self, tag: str) -> str | None:
        value = self.element.findtext(_NAMESPACE + tag)
        return value.strip() if value is not None else None

    def flag(self, tag: str) -> bool:
        return self.text(tag) == "true"

    def number(self, tag: str) -> int:
        return int(self.text(tag) or 0)

    def children(self) -> list[Node]:
        return [Node(child) for child in self.element]

    @property
    def tag(self) -> str:
        return str(self.element.tag).removeprefix(_NAMESPACE)


def read(path: Path) -> Node:
    return Node(etree.parse(path).getroot())


def _name(path: Path) -> str:
    return path.name.split(".")[0]


@pytest.fixture(scope="session")
def package() -> Path:
    return PACKAGE


@pytest.fixture(scope="session")
def objects() -> dict[str, Node]:
    """Our own objects, by API name."""
    return {_name(path): read(path) for path in PACKAGE.rglob("*.object-meta.xml")}


@pytest.fixture(scope="session")
def fields() -> dict[str, dict[str, Node]]:
    """The fields that the package brings, by object and API name; standard objects too."""
    found: dict[str, dict[str, Node]] = {}
    for path in sorted(PACKAGE.rglob("*.field-meta.xml")):
        found.setdefault(path.parents[1].name, {})[_name(path)] = read(path)
    return found


@pytest.fixture(scope="session")
def flows() -> dict[str, Node]:
    return {_name(path): read(path) for path in PACKAGE.rglob("*.flow-meta.xml")}


@pytest.fixture(scope="session")
def permission_sets() -> dict[str, Node]:
    return {_name(path): read(path) for path in PACKAGE.rglob("*.permissionset-meta.xml")}


@pytest.fixture(scope="session")
def apex() -> dict[str, str]:
    """The source of each class that ships, tests apart."""
    return {
        path.stem: path.read_text("utf-8")
        for path in PACKAGE.rglob("*.cls")
        if path.parent.name != "tests" and "tests-extra" not in path.parts
    }


@pytest.fixture
def hostile(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """A project with the package and, beside it, components of the customer's own org."""

    def make(components: dict[str, str]) -> Path:
        shutil.copytree(PACKAGE, tmp_path / "salesforce")
        project = json.loads((ROOT / "sfdx-project.json").read_text("utf-8"))
        project["packageDirectories"].append({"path": "theirs"})
        (tmp_path / "sfdx-project.json").write_text(json.dumps(project), "utf-8")
        for name, text in components.items():
            path = tmp_path / "theirs" / "main" / "default" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return tmp_path

    return make
