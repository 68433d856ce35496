"""What a Flow's references mean: each is resolved once, to a type and a function that reads it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

from rehearsal.org.errors import MetadataError, Unsupported, Where
from rehearsal.org.flow import model
from rehearsal.org.flow.expressions import Getter, expression, template
from rehearsal.org.flow.globals import GLOBALS
from rehearsal.org.flow.interview import Fault, Interview
from rehearsal.org.flow.parents import parent_of
from rehearsal.org.flow.values import (
    NOTHING,
    Record,
    Type,
    comparable,
    data_type,
    field_type,
    must_fit,
)
from rehearsal.org.formula import Kind, Path, round_half_up
from rehearsal.org.ports import InvocableAction, Parameter
from rehearsal.org.schema import Field, ObjectType, Schema
from rehearsal.org.values import Value


class Resources:
    """The names of one Flow. `flows` are all Flows by lower-case name, for subflows' outputs;
    `actions` is the invocable Apex by lower-case class name."""

    def __init__(
        self,
        flow: model.Flow,
        schema: Schema,
        flows: Mapping[str, model.Flow],
        actions: Mapping[str, InvocableAction],
    ) -> None:
        self.flow, self.schema, self.flows, self.actions = flow, schema, flows, actions
        self._outcomes = {
            rule.name.lower()
            for element in flow.elements.values()
            if isinstance(element, model.Decision)
            for rule in element.rules
        }
        self._evaluating: list[str] = []

    def object(self, name: str, where: Where) -> ObjectType:
        """Raises MetadataError when there is no such object."""
        found = self.schema.find(name)
        if found is None:
            raise MetadataError(f"object {name} does not exist", where)
        return found

    def field(self, sobject: str, name: str, where: Where) -> Field:
        """A field of an object by its own name. Raises MetadataError."""
        found = self.object(sobject, where).find(name)
        if found is None:
            raise MetadataError(f"field {sobject}.{name} does not exist", where)
        return found

    def read(self, reference: model.Reference, *, null_safe: bool = False) -> tuple[Type, Getter]:
        """The type of what a reference names and how to read it.

        A field of a record that is null is null in a formula (`null_safe`), and a Fault anywhere
        else (release note of Spring '19, "Check for Null Record Variables"). Raises MetadataError
        for what does not exist, Unsupported for a global that this org lacks.
        """
        root, *rest = reference.path
        if root.startswith("$"):
            return self._global(reference, root.lower(), rest, null_safe)
        kind, getter = self._local(reference, root, rest)
        if isinstance(self.flow.elements.get(root.lower()), model.Subflow | model.ActionCall):
            rest = rest[1:]
        return self._walk(kind, getter, rest, reference, null_safe)

    def _global(
        self, reference: model.Reference, root: str, rest: list[str], null_safe: bool
    ) -> tuple[Type, Getter]:
        where = reference.where
        if root in ("$record", "$record__prior"):
            trigger, subject = self.flow.trigger, self.flow.subject
            if subject is None:
                raise MetadataError(f"{reference}: the Flow is not triggered by a record", where)
            sobject = self.object(subject, where).name
            if root == "$record":
                kind = Type(sobject=sobject)
                return self._walk(kind, lambda i: i.record, rest, reference, null_safe)
            if trigger is None:
                raise MetadataError(f"{reference}: a schedule has no prior record", where)
            if trigger.on in ("Create", "Delete"):
                raise MetadataError(f"{reference}: there is no prior record on {trigger.on}", where)
            return self._walk(Type(sobject=sobject), lambda i: i.prior, rest, reference, True)
        if root in GLOBALS:
            return GLOBALS[root](self.schema, tuple(rest), where)
        raise Unsupported(f"Flow resource {reference.path[0]}", where)

    def _local(self, reference: model.Reference, root: str, rest: list[str]) -> tuple[Type, Getter]:
        key, where = root.lower(), reference.where
        stored: Getter = lambda interview: interview.values.get(key)  # noqa: E731
        if key in self._outcomes:
            return Type(Kind.BOOLEAN), lambda interview: key in interview.visited
        found = self.flow.resources.get(key) or self.flow.elements.get(key)
        match found:
            case model.Variable():
                return self.variable_type(found), stored
            case model.ConstantResource():
                kind = Type(data_type(found.data_type))
                return kind, self.value(found.value, kind, where)
            case model.Formula():
                return self._formula(found)
            case model.TextTemplate():
                return template(self, model.Template(found.text, found.where))
            case model.RecordLookup(store_automatically=True):
                return self.lookup_type(found), stored
            case model.CollectionFilter():
                return self.read(found.collection)[0], stored
            case model.RecordCreate(store_automatically=True):
                return Type(Kind.ID), stored
            case model.Loop(into=None):
                return self.read(found.collection)[0].item, stored
            case model.Subflow(store_automatically=True) if rest:
                name = rest[0].lower()
                output = self.output(found, rest[0], where)
                return output, lambda i: (i.values.get(key) or {}).get(name)
            case model.ActionCall(store_automatically=True) if rest:
                name, action = rest[0].lower(), self.actions.get(found.action.lower())
                if action is None or name not in action.outputs:
                    raise MetadataError(f"{root} has no output {rest[0]}", where)
                made = parameter_type(action.outputs[name])
                return made, lambda i: (i.values.get(key) or {}).get(name)
        raise MetadataError(f"{root} is not a resource of the Flow", where)

    def variable_type(self, variable: model.Variable) -> Type:
        if variable.object_type:
            sobject = self.object(variable.object_type, variable.where).name
            return Type(sobject=sobject, collection=variable.is_collection)
        return Type(data_type(variable.data_type), collection=variable.is_collection)

    def lookup_type(self, lookup: model.RecordLookup) -> Type:
        sobject = self.object(lookup.object, lookup.where).name
        queried = frozenset(name.lower() for name, _ in lookup.queried_fields) | {"id"}
        return Type(
            sobject=sobject,
            collection=not lookup.first_only,
            queried=queried if lookup.queried_fields else None,
        )

    def output(self, subflow: model.Subflow, name: str, where: Where) -> Type:
        """The type of a subflow's output variable. Raises MetadataError."""
        called = self.flows.get(subflow.flow.lower())
        variable = called.resources.get(name.lower()) if called else None
        if called is None or not isinstance(variable, model.Variable) or not variable.is_output:
            raise MetadataError(f"Flow {subflow.flow} has no output variable {name}", where)
        return Resources(called, self.schema, self.flows, self.actions).variable_type(variable)

    def _walk(
        self,
        kind: Type,
        getter: Getter,
        parts: list[str],
        reference: model.Reference,
        null_safe: bool,
    ) -> tuple[Type, Getter]:
        """Goes from a record to its field, or up to its parents by relationship name."""
        for index, part in enumerate(parts):
            if kind.sobject is None or kind.collection:
                raise MetadataError(f"{reference}: {kind} has no fields", reference.where)
            sobject = self.object(kind.sobject, reference.where)
            field = sobject.find(part)
            if field is not None:
                if kind.queried is not None and field.name.lower() not in kind.queried:
                    raise MetadataError(
                        f"{reference}: {field.name} is not among queriedFields", reference.where
                    )
                if index != len(parts) - 1:
                    raise MetadataError(f"{reference}: {part} has no fields", reference.where)
                return field_type(field), _field_getter(
                    getter, field.name, None if null_safe else reference
                )
            parent = next(
                (f for f in sobject if f.relationship and f.relationship.lower() == part.lower()),
                None,
            )
            if parent is None:
                raise MetadataError(
                    f"{reference}: field {sobject.name}.{part} does not exist", reference.where
                )
            if len(parent.reference_to) != 1:
                raise Unsupported(f"Flow reference through {parent.name}", reference.where)
            getter = parent_of(self.schema, getter, parent)
            kind = Type(sobject=self.object(parent.reference_to[0], reference.where).name)
        return kind, getter

    def typed(self, value: model.Value | None) -> tuple[Type, Getter]:
        """The type of a value and how to get it; a missing value is null."""
        match value:
            case None:
                return NOTHING, lambda interview: None
            case model.Reference():
                return self.read(value)
            case model.Template():
                return template(self, value)
            case model.Constant(constant):
                return _constant_type(constant), lambda interview: constant

    def value(self, value: model.Value | None, target: Type, where: Where) -> Getter:
        """How to get a value that must fit a type. Raises MetadataError, Unsupported."""
        found, getter = self.typed(value)
        must_fit(found, target, value.where if value else where)
        return getter

    def _formula(self, formula: model.Formula) -> tuple[Type, Getter]:
        if formula.name in self._evaluating:
            raise MetadataError(f"formula {formula.name} refers to itself", formula.where)
        self._evaluating.append(formula.name)
        try:
            given, getter = self.expression(formula.expression, formula.where)
        finally:
            self._evaluating.pop()
        wanted = Type(data_type(formula.data_type))
        if not comparable(given, wanted):
            raise MetadataError(
                f"formula {formula.name} is {given}, not {formula.data_type}", formula.where
            )
        if wanted.kind is not Kind.NUMBER:
            return wanted, getter
        scale = formula.scale

        def rounded(interview: Interview) -> Value:
            found = getter(interview)
            return None if found is None else round_half_up(found, scale)

        return wanted, rounded

    def expression(self, text: str, where: Where) -> tuple[Type, Getter]:
        """A formula's type and value. Raises MetadataError, Unsupported."""
        return expression(self, text, where)

    def record_field(self, path: Path, where: Where) -> str:
        """The field that ISCHANGED or PRIORVALUE is about, `$Record.X__c`."""
        trigger = self.flow.trigger
        if trigger is None or len(path) != 2 or path[0].lower() != "$record":
            raise MetadataError(f"{'.'.join(path)} has no prior value", where)
        return self.field(trigger.object, path[1], where).name


def parameter_type(parameter: Parameter) -> Type:
    """The type of an action's input or output."""
    if parameter.type is None:
        return Type(sobject=parameter.sobject, collection=parameter.collection)
    scalar = field_type(Field(parameter.name, parameter.type))
    return replace(scalar, collection=parameter.collection)


def not_set(reference: model.Reference) -> Fault:
    """The fault of reading what is null."""
    return Fault(
        f"The flow failed to access the value for {reference} because it hasn't been set or "
        "assigned."
    )


def _field_getter(getter: Getter, name: str, needed: model.Reference | None) -> Getter:
    """Reads a field; of a null record it is a fault where a reference `needed` it."""

    def read(interview: Interview) -> Value:
        record: Record | None = getter(interview)
        if record is not None:
            return record.get(name)
        if needed is not None:
            raise not_set(needed)
        return None

    return read


def _constant_type(value: object) -> Type:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return Type(Kind.BOOLEAN)
    if isinstance(value, dt.datetime):
        return Type(Kind.DATETIME)
    return Type(Kind.DATE if isinstance(value, dt.date) else Kind.NUMBER)
