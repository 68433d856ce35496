"""Standard value sets (Metadata API Developer Guide, "StandardValueSet")."""

from __future__ import annotations

from pathlib import Path

from rehearsal.org.errors import MetadataError, Unsupported
from rehearsal.org.source.project import Project
from rehearsal.org.source.xml import Node, read_xml
from rehearsal.org.standard.value_sets import FORECAST, VALUE_SETS, complete
from rehearsal.org.values import Row

_FILES = {
    "OpportunityStage": "OpportunityStage",
    "ContractStatus": "ContractStatus",
    "TaskStatus": "TaskStatus",
    "TaskPriority": "TaskPriority",
}
_VALUE = frozenset(
    {
        "fullName", "default", "label", "closed", "won", "probability", "forecastCategory",
        "highPriority", "description", "isActive", "groupingStringEnum", "color",
    }
)  # fmt: skip
_CODES = {"draft": "Draft", "inapproval": "InApproval", "activated": "Activated"}


def read_standard_value_set(path: Path, name: str, project: Project) -> None:
    """Replaces the stages or statuses of a new org. Raises MetadataError, Unsupported."""
    node = read_xml(path, "StandardValueSet")
    if name not in _FILES:
        raise Unsupported(f"the standard value set {name}", node.where)
    node.only(frozenset({"sorted", "standardValue", "groupingStringEnum"}))
    rows = [_row(name, value) for value in node.all("standardValue")]
    if not rows:
        raise MetadataError(f"{name} has no values", node.where)
    project.setting_rows[_FILES[name]] = complete(name, rows)


def _row(name: str, node: Node) -> Row:
    node.only(_VALUE)
    value = node.need("fullName")
    row: Row = {"ApiName": value, "MasterLabel": node.text("label") or value}
    flags = VALUE_SETS[name].flags
    for flag, tag in (
        ("IsActive", "isActive"),
        ("IsClosed", "closed"),
        ("IsWon", "won"),
        ("IsDefault", "default"),
        ("IsHighPriority", "highPriority"),
    ):
        if flag in flags:
            row[flag] = node.flag(tag, flag == "IsActive")
    if name == "OpportunityStage":
        category = node.need("forecastCategory")
        names = {code: label for label, code in FORECAST.items()}
        if category not in names:
            raise MetadataError(f"forecastCategory '{category}' is not known", node.where)
        row["ForecastCategoryName"] = names[category]
        row["DefaultProbability"] = node.number("probability") or 0
    if name == "ContractStatus":
        code = _CODES.get((node.text("groupingStringEnum") or value).replace(" ", "").lower())
        if code is None:
            raise MetadataError(f"{value} has no status category", node.where)
        row["StatusCode"] = code
    return row
