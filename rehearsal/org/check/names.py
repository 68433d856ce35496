"""What a project can name: its own components, and the platform's objects and fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rehearsal.org.check import given
from rehearsal.org.check.platform import derived, standard_object
from rehearsal.org.check.tree import Component, Element, Tree


@dataclass(slots=True)
class FieldName:
    """A custom field as the project declares it."""

    name: str
    type: str
    reference: str = ""
    """What it refers to."""
    up: str = ""
    """The lower-case relationship name on the way up."""
    down: str = ""
    """The lower-case relationship name on the way down."""
    required: bool = False
    external_id: bool = False
    calculated: bool = False
    values: frozenset[str] | None = None
    """A restricted picklist's values."""


@dataclass(slots=True)
class ObjectName:
    """An object as the project declares it; keys are lower case."""

    name: str
    declared: bool
    """Whether the project holds the object itself, not only parts of it."""
    fields: dict[str, FieldName] = field(default_factory=dict)
    record_types: set[str] = field(default_factory=set)
    compact_layouts: set[str] = field(default_factory=set)
    auto_number: bool = False


class Names:
    """Everything that can be named, in lower case."""

    def __init__(self, tree: Tree) -> None:
        self.namespace = tree.namespace.lower()
        self.objects: dict[str, ObjectName] = {}
        self.parts: dict[str, set[str]] = {}
        """Names of the project's components by file suffix."""
        self.labels: set[str] = set()
        self.classes = {code.name.lower() for code in tree.classes}
        self.triggers = {code.name.lower() for code in tree.triggers}
        self.bundles = tree.bundles
        for component in tree.components:
            self.parts.setdefault(component.suffix, set()).add(component.name.lower())
        for component, root in tree.of("object"):
            self._object(component, root)
        for component, root in tree.of("field"):
            self._field(component.folder, root)
        for component, _ in tree.of("recordType", "compactLayout"):
            self._part(component)
        for _, root in tree.of("labels"):
            self.labels.update(item.text("fullName").lower() for item in root.all("labels"))
        for activity in ("task", "event"):
            if "activity" in self.objects:
                known = self.objects.setdefault(activity, ObjectName(activity.title(), False))
                known.fields.update(self.objects["activity"].fields)
        self.value_sets = {
            component.name: frozenset(item.text("fullName") for item in root.all("standardValue"))
            for component, root in tree.of("standardValueSet")
        }
        """The project's own standard value sets, by their name."""
        self._children = self._ways_down()

    def _owner(self, name: str) -> ObjectName:
        return self.objects.setdefault(name.lower(), ObjectName(name, False))

    def _object(self, component: Component, root: Element) -> None:
        owner = self._owner(component.name)
        owner.declared = True
        name_field = root.find("nameField")
        owner.auto_number = name_field is not None and name_field.text("type") == "AutoNumber"
        for item in root.all("fields"):
            self._field(component.name, item)
        parts = {
            "recordTypes": owner.record_types,
            "compactLayouts": owner.compact_layouts,
        }
        for tag, names in parts.items():
            names.update(item.text("fullName").lower() for item in root.all(tag))

    def _part(self, component: Component) -> None:
        owner = self._owner(component.folder)
        record_type = component.suffix == "recordType"
        names = owner.record_types if record_type else owner.compact_layouts
        names.add(component.name.lower())

    def _field(self, owner: str, root: Element) -> None:
        name = root.text("fullName")
        reference, relation = root.text("referenceTo"), root.text("relationshipName")
        value_set = root.find("valueSet")
        made = FieldName(
            name,
            root.text("type"),
            reference=reference or ("User" if root.text("type") == "Hierarchy" else ""),
            up=re.sub(r"__c$", "__r", name.lower()) if name.lower().endswith("__c") else "",
            down=f"{relation.lower()}__r" if relation else "",
            required=root.flag("required") or root.text("type") == "MasterDetail",
            external_id=root.flag("externalId"),
            calculated=root.find("formula") is not None
            or root.text("type") in {"Summary", "AutoNumber"},
            values=_values(value_set),
        )
        self._owner(owner).fields[name.lower()] = made

    def _ways_down(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for owner in self.objects.values():
            for made in owner.fields.values():
                if made.down:
                    found.setdefault(made.reference.lower(), {})[made.down] = owner.name
        return found

    # --- objects ---------------------------------------------------------------------------

    def foreign(self, name: str) -> bool:
        """Whether the name carries another package's namespace: then nothing is known of it."""
        stem = given.SUFFIX.sub("", name)
        prefix, two, _ = stem.partition("__")
        return bool(two) and prefix.lower() != self.namespace

    def _local(self, name: str) -> str:
        prefix = f"{self.namespace}__"
        low = name.lower()
        return low.removeprefix(prefix) if self.namespace else low

    def own(self, name: str) -> ObjectName | None:
        """What the project itself says of the object."""
        return self.objects.get(self._local(name))

    def has_object(self, name: str) -> bool:
        """False only where it is sure that no such object exists."""
        if self.foreign(name) or derived(name):
            return True
        own = self.own(name)
        if given.SUFFIX.search(name):
            return (own is not None and own.declared) or bool(given.DERIVED_SUFFIX.search(name))
        return standard_object(name) is not None

    def field(self, owner: str, name: str) -> FieldName | None:
        """A field that the project declares."""
        known = self.own(owner)
        return known.fields.get(self._local(name)) if known else None

    def has_field(self, owner: str, name: str) -> bool:
        """False only where it is sure that the object has no such field."""
        low = self._local(name)
        if self.foreign(name) or self.foreign(owner) or derived(owner):
            return True
        own = self.own(owner)
        if own is not None and low in own.fields:
            return True
        if own is not None and given.COMPOUND_PART.search(low):
            return True
        known = standard_object(owner)
        if known is not None:
            return (
                bool(given.SETUP.search(owner))
                or low in known.fields
                or low in given.LATER.get(owner.lower(), ())
                or low.endswith("__pc")
                or low in _compound(known.fields)
            )
        suffix = owner.lower().rpartition("__")[2]
        if low.endswith("__c"):
            return own is None or (not own.declared and not given.SUFFIX.search(owner))
        match suffix:
            case "e":
                return low in given.EVENT_FIELDS
            case "mdt":
                return low in given.METADATA_FIELDS
            case "c":
                return low in given.FIELDS
        return True

    def is_standard(self, name: str) -> bool:
        return standard_object(name) is not None

    def standard_type(self, owner: str, name: str) -> str:
        """The Apex type of a standard field; empty when unknown."""
        known = standard_object(owner)
        return known.fields.get(name.lower(), "") if known is not None else ""

    def has_value_set(self, owner: str, name: str) -> bool:
        """Whether a standard field takes its values from a standard value set of statuses."""
        return (owner.lower(), name.lower()) in given.VALUE_SETS

    def standard_values(self, owner: str, name: str) -> frozenset[str]:
        """The values that the project's own standard value set has for a field."""
        return self.value_sets.get(
            given.VALUE_SETS.get((owner.lower(), name.lower()), ""), frozenset()
        )

    def up(self, owner: str, name: str) -> str | None:
        """The object at the end of a relationship; '' where unknown, None where there is none."""
        low = self._local(name)
        if self.foreign(name) or self.foreign(owner) or derived(owner):
            return ""
        own = self.own(owner)
        for made in own.fields.values() if own is not None else ():
            if made.up == low and made.type in _REFERENCES:
                return made.reference
        known = standard_object(owner)
        if known is not None:
            if low.endswith("__pr"):
                return ""
            unsure = known.fields.get(low) == "SObject" or given.SETUP.search(owner)
            return known.up.get(low, "" if unsure else None)
        if low.endswith("__r"):
            return None if own is not None and own.declared else ""
        if own is None or not own.declared:
            return ""
        if owner.lower().endswith(("__kav", "__x", "__b")):
            return ""
        return given.UP.get(low)

    def down(self, owner: str, name: str) -> str | None:
        """The child object of a relationship; '' where unknown, None where there is none."""
        low = self._local(name)
        found = self._children.get(self._local(owner), {}).get(low)
        if found:
            return found
        known = standard_object(owner)
        if self.foreign(owner) or self.foreign(name) or low in given.DOWN or derived(owner):
            return ""
        if known is not None:
            return known.down.get(low, "" if given.SETUP.search(owner) else None)
        own = self.own(owner)
        return None if own is not None and own.declared else ""

    def path_fault(self, owner: str, path: Sequence[str]) -> str | None:
        """What is wrong with `Customer__r.Account__r.Name` from an object; None when nothing is."""
        at = owner
        for step in path[:-1]:
            above = self.up(at, step)
            if above is None:
                return f"{at} has no relationship {step}"
            if above in {"", "SObject"}:
                return None
            if not self.has_object(above):
                return None
            at = above
        if at == "Name":
            return (
                None if path[-1].lower() in given.NAME_FIELDS else f"{at} has no field {path[-1]}"
            )
        if not self.has_field(at, path[-1]):
            return f"{at} has no field {path[-1]}"
        return None

    def has(self, suffix: str, name: str) -> bool:
        """Whether the project holds such a component; another package's may always be there."""
        return name.lower() in self.parts.get(suffix, ()) or self.foreign(name)


_REFERENCES = frozenset(
    {
        "ExternalLookup", "Hierarchy", "IndirectLookup", "Lookup", "MasterDetail",
        "MetadataRelationship",
    }
)  # fmt: skip


def _compound(fields: Iterable[str]) -> frozenset[str]:
    """`billingaddress` where there is `billingcity`."""
    return frozenset(
        f"{name.removesuffix('city')}address" for name in fields if name.endswith("city")
    )


def _values(value_set: Element | None) -> frozenset[str] | None:
    """The values of a picklist that takes no others."""
    if value_set is None or not value_set.flag("restricted"):
        return None
    own = value_set.find("valueSetDefinition")
    if own is None:
        return None
    return frozenset(item.text("fullName") for item in own.all("value"))
