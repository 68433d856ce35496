"""The admin guide names what an admin meets: settings, Flows, exceptions, permissions, lists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.package.metadata.conftest import ROOT, read

_CODE = re.compile(r"[A-Z]+(?:_[A-Z]+)+")
_NO_CODES = {"AUTO_LAYOUT_CANVAS"}
"""What looks like a code in a Flow's XML."""


@pytest.fixture(scope="module")
def guide() -> str:
    return (ROOT / "docs" / "admin-guide.md").read_text("utf-8")


def section(guide: str, heading: str) -> str:
    found = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", guide, re.M | re.S)
    assert found, heading
    return found[1]


def named(text: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", text))


def test_every_setting_and_no_other(guide: str, fields: Any) -> None:
    assert {name for name in named(section(guide, "Settings")) if name.endswith("__c")} == set(
        fields["Bridge_Setting__mdt"]
    )


def test_every_flow_and_no_other(guide: str, flows: Any) -> None:
    said = {name for name in named(section(guide, "Flows")) if name.startswith("Bridge_")}
    assert said - {"Bridge_Bypass_Flows"} == set(flows)


def codes(flows: Any, apex: dict[str, str]) -> set[str]:
    """Codes that Apex raises, and those that a Flow hands to Bridge_Record_Exception."""
    found = set(
        re.findall(
            r"static final String [A-Z_]+ = '([A-Z]+(?:_[A-Z]+)+)';", apex["BridgeExceptions"]
        )
    )
    for flow in flows.values():
        texts = {(node.text or "").strip() for node in flow.element.iter("{*}stringValue")}
        found |= {text for text in texts if _CODE.fullmatch(text)} - _NO_CODES
    return found


def test_every_exception_code_once(guide: str, flows: Any, apex: dict[str, str]) -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \|", section(guide, "Exceptions"), re.M)
    assert len(rows) == len(set(rows))
    assert codes(flows, apex) - set(rows) == set()


def test_every_permission(guide: str, permission_sets: Any, package: Path) -> None:
    custom = {path.name.split(".")[0] for path in package.rglob("*.customPermission-meta.xml")}
    assert {name for name in {*permission_sets, *custom} if f"`{name}`" not in guide} == set()


def test_every_notification(guide: str, package: Path) -> None:
    for path in package.rglob("*.notiftype-meta.xml"):
        assert f"*{read(path).text('masterLabel')}*" in guide, path.name


def test_every_list_view_that_is_more_than_all(guide: str, package: Path) -> None:
    shown = section(guide, "What people look at")
    labels = {read(path).text("label") for path in package.rglob("*.listView-meta.xml")}
    assert {label for label in labels if label != "All" and f"*{label}*" not in shown} == set()


def test_every_directory_of_the_package(guide: str, package: Path) -> None:
    for folder in package.iterdir():
        if folder.is_dir():
            assert f"salesforce/{folder.name}" in guide, folder.name
