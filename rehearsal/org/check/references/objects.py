"""Objects, fields, roll-ups, validation rules and record types."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.org.check.finding import Finding
from rehearsal.org.check.formulas import global_fault, identifiers
from rehearsal.org.check.names import Names
from rehearsal.org.check.references.report import Report
from rehearsal.org.check.tree import Component, Element, Tree

_EVENT_TYPES = frozenset({"Checkbox", "Date", "DateTime", "Number", "Text", "LongTextArea"})
_METADATA_TYPES = frozenset(
    {
        "Checkbox", "Date", "DateTime", "Email", "LongTextArea", "MetadataRelationship", "Number",
        "Percent", "Phone", "Picklist", "Text", "TextArea", "Url",
    }
)  # fmt: skip
_SUMMED = frozenset({"Number", "Currency", "Percent"})
_MOMENTS = frozenset({"Date", "DateTime", "Time"})
_NEEDS = {
    "Text": ("length",),
    "LongTextArea": ("length", "visibleLines"),
    "Html": ("length", "visibleLines"),
    "Number": ("precision", "scale"),
    "Currency": ("precision", "scale"),
    "Percent": ("precision", "scale"),
    "Lookup": ("referenceTo",),
    "MasterDetail": ("referenceTo", "relationshipName"),
    "MetadataRelationship": ("referenceTo",),
    "Summary": ("summaryForeignKey", "summaryOperation"),
    "AutoNumber": ("displayFormat",),
}


def check_object(component: Component, root: Element, names: Names, report: Report) -> None:
    """What an object's own file names."""
    owner = component.name
    _assigned_layout(owner, root, names, report)
    for item in root.all("fields"):
        check_field_of(owner, item, names, report)
    for item in root.all("validationRules"):
        _rule(owner, item, names, report)
    for search in root.all("searchLayouts"):
        for column in search.children:
            if column.value.lower().endswith("__c") and "." not in column.value:
                report.field(names, owner, column, "search-layout")
    for override in root.all("actionOverrides"):
        content = override.find("content")
        if content is None or override.text("type") not in {"Flexipage", "LightningComponent"}:
            continue
        if override.text("type") == "Flexipage" and not names.has("flexipage", content.value):
            report.add(content, f"there is no page {content.value}", "action-override")


def _assigned_layout(owner: str, root: Element, names: Names, report: Report) -> None:
    known, layout = names.own(owner), root.find("compactLayoutAssignment")
    if layout is None or layout.value == "SYSTEM" or known is None:
        return
    if layout.value.lower() not in known.compact_layouts:
        report.add(layout, f"there is no compact layout {layout.value}", "compact-layout")


def check_field(component: Component, root: Element, names: Names, report: Report) -> None:
    """One `.field-meta.xml`."""
    name = root.find("fullName")
    if name is not None and name.value != component.name:
        report.add(name, f"fullName {name.value} differs from the file's name", "file-name")
    check_field_of(component.folder, root, names, report)


def check_field_of(owner: str, root: Element, names: Names, report: Report) -> None:
    """What one field names, and what its type asks for."""
    kind, formula = root.text("type"), root.find("formula")
    name = root.text("fullName")
    at = root.find("type") or root
    if formula is None and name.endswith("__c"):
        for tag in _NEEDS.get(kind, ()):
            if root.find(tag) is None:
                report.add(at, f"a {kind} field needs {tag}", "field-part")
    if kind and root.find("label") is None and name.endswith("__c"):
        report.add(root, f"{name} has no label", "field-part")
    if owner.endswith("__e") and kind and (kind not in _EVENT_TYPES or formula is not None):
        report.add(at, f"a platform event cannot have a field of type {kind}", "event-field")
    if owner.endswith("__mdt") and kind and kind not in _METADATA_TYPES:
        report.add(at, f"a custom metadata type cannot have a field of type {kind}", "field-type")
    target = root.find("referenceTo")
    if target is not None and target.value not in {"EntityDefinition", "FieldDefinition"}:
        report.object(names, target, "reference-to")
    if formula is not None:
        check_formula(owner, formula, names, report)
    default = root.find("defaultValue")
    if default is not None and kind not in {"Checkbox", "Picklist", "MultiselectPicklist"}:
        check_formula(owner, default, names, report, fields=False)
    if kind == "Summary":
        _summary(owner, root, names, report)
    values = root.find("valueSet")
    if values is not None:
        _value_set(owner, values, names, report)
    for item in root.all("lookupFilter"):
        _lookup_filter(owner, target.value if target is not None else "", item, names, report)


def _value_set(owner: str, values: Element, names: Names, report: Report) -> None:
    controlling, shared = values.find("controllingField"), values.find("valueSetName")
    if controlling is not None:
        report.field(names, owner, controlling, "controlling-field")
    if shared is not None and not names.has("globalValueSet", shared.value):
        report.add(shared, f"there is no global value set {shared.value}", "value-set")
    definition = values.find("valueSetDefinition")
    if definition is None:
        return
    seen: set[str] = set()
    for item in definition.all("value"):
        value = item.text("fullName")
        if value.lower() in seen:
            report.add(item, f"the value {value} is there twice", "value-set")
        seen.add(value.lower())
    if sum(item.flag("default") for item in definition.all("value")) > 1:
        report.add(definition, "there are several default values", "value-set")


def _summary(owner: str, root: Element, names: Names, report: Report) -> None:
    key = root.find("summaryForeignKey")
    if key is None:
        return
    child, _, lookup = key.value.partition(".")
    if not names.has_object(child):
        report.add(key, f"there is no object {child}", "roll-up")
        return
    found = names.field(child, lookup)
    if found is None and not names.has_field(child, lookup):
        report.add(key, f"{child} has no field {lookup}", "roll-up")
    elif found is not None and (
        found.type != "MasterDetail" or found.reference.lower() != owner.lower()
    ):
        report.add(key, f"{key.value} is no master-detail to {owner}", "roll-up")
    source = root.find("summarizedField")
    operation = root.text("summaryOperation")
    if source is None and operation != "count":
        report.add(root, f"a roll-up of kind {operation} needs summarizedField", "roll-up")
    for item in (source, *(f.find("field") for f in root.all("summaryFilterItems"))):
        if item is None:
            continue
        table, _, field = item.value.partition(".")
        if table.lower() != child.lower():
            report.add(item, f"{item.value} is no field of {child}", "roll-up")
        else:
            report.field(names, child, item, "roll-up", field)
    if source is not None:
        summed = names.field(child, source.value.partition(".")[2])
        allowed = _SUMMED if operation == "sum" else _SUMMED | _MOMENTS
        if summed is not None and summed.type not in allowed | {"Summary", ""}:
            message = f"{operation} of the {summed.type} field {summed.name} is not possible"
            report.add(source, message, "roll-up")


def _lookup_filter(owner: str, target: str, item: Element, names: Names, report: Report) -> None:
    for condition in item.all("filterItems"):
        for tag in ("field", "valueField"):
            at = condition.find(tag)
            if at is None:
                continue
            head, _, rest = at.value.partition(".")
            if head == "$Source":
                report.field(names, owner, at, "lookup-filter", rest)
            elif head.lower() == target.lower():
                report.field(names, target, at, "lookup-filter", rest)


def check_rule(component: Component, root: Element, names: Names, report: Report) -> None:
    """One `.validationRule-meta.xml`."""
    name = root.find("fullName")
    if name is not None and name.value != component.name:
        report.add(name, f"fullName {name.value} differs from the file's name", "file-name")
    _rule(component.folder, root, names, report)


def _rule(owner: str, root: Element, names: Names, report: Report) -> None:
    shown, condition = root.find("errorDisplayField"), root.find("errorConditionFormula")
    if shown is not None:
        report.field(names, owner, shown, "validation-rule")
        field = names.field(owner, shown.value)
        if field is not None and field.calculated:
            message = f"the error cannot be shown at the read-only field {field.name}"
            report.add(shown, message, "validation-rule")
    if condition is not None:
        check_formula(owner, condition, names, report)


def check_formula(
    owner: str, at: Element, names: Names, report: Report, *, fields: bool = True
) -> None:
    """Every field and global of a formula of an object."""
    for name, lines in identifiers(at.value):
        path = name.split(".")
        if path[0].startswith("$"):
            fault = global_fault(names, path)
        elif not fields:
            fault = None
        elif len(path) > 1 and path[0].lower() == owner.lower():
            fault = names.path_fault(owner, path[1:])
        elif path[0].lower() == "priorvalue" or not names.has_object(owner):
            fault = None
        elif ":" in path[0]:
            fault = names.path_fault(path[0].partition(":")[2], path[1:])
        else:
            fault = names.path_fault(owner, path)
        if fault is not None:
            report.add(at.line + lines, fault, "formula")


def check_record_type(component: Component, root: Element, names: Names, report: Report) -> None:
    """One `.recordType-meta.xml`."""
    owner = component.folder
    _assigned_layout(owner, root, names, report)
    for item in root.all("picklistValues"):
        picklist = item.find("picklist")
        if picklist is not None and picklist.value.endswith("__c"):
            report.field(names, owner, picklist, "record-type")


def check_tree(tree: Tree, names: Names) -> Iterator[Finding]:
    """Parts of objects that are not there, and what is there twice."""
    seen: dict[tuple[str, str, str], Component] = {}
    ways: set[tuple[str, str]] = set()
    for component in tree.components:
        key = (
            component.suffix,
            f"{component.package}/{_group(component)}".lower(),
            component.name.lower(),
        )
        if key in seen and component.suffix != "object":
            message = f"{component.name} is also in {seen[key].path.relative_to(tree.root)}"
            yield Finding(component.path, 1, "warning", message, "twice")
        seen.setdefault(key, component)
        if component.suffix not in {"field", "validationRule"} or component.root is None:
            continue
        owner = component.folder
        if (
            owner != "Activity"
            and not names.has_object(owner)
            and owner.endswith(("__c", "__e", "__mdt"))
        ):
            message = f"{owner} has parts but no object-meta.xml"
            yield Finding(component.path, 1, "error", message, "object")
        elif owner != "Activity" and not names.has_object(owner):
            yield Finding(component.path, 1, "error", f"there is no object {owner}", "object")
        relation = component.root.find("relationshipName")
        if relation is not None:
            way = (component.root.text("referenceTo").lower(), relation.value.lower())
            if way in ways:
                message = f"{way[0]} already has a child relationship {relation.value}"
                yield Finding(component.path, relation.line, "error", message, "relationship-name")
            ways.add(way)


def _group(component: Component) -> str:
    parts = {
        "field",
        "validationRule",
        "listView",
        "compactLayout",
        "fieldSet",
        "recordType",
        "webLink",
        "index",
    }
    return component.folder if component.suffix in parts else str(component.path.parent.name)
