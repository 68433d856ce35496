"""Fields and relationships of a query, resolved against the schema and the user's rights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rehearsal.org.errors import QueryError
from rehearsal.org.ports import User
from rehearsal.org.schema import Field, ObjectType, Schema
from rehearsal.org.security import may, may_field
from rehearsal.org.soql.ast import Path
from rehearsal.org.soql.source import Source
from rehearsal.org.values import Row, Value

Getter = Callable[[Row], Value]


@dataclass(frozen=True, slots=True)
class Step:
    """One way up: the reference field and the objects that it may lead to."""

    field: Field
    targets: tuple[ObjectType, ...]


@dataclass(frozen=True, slots=True)
class Resolved:
    """A path to a field: the ways up, the field at the end, and how to read it."""

    steps: tuple[Step, ...]
    field: Field
    read: Getter


@dataclass(frozen=True, slots=True)
class Scope:
    """One object in the FROM clause, as one user sees it."""

    schema: Schema
    source: Source
    object: ObjectType
    user: User | None
    """Whose permissions are enforced; None in system mode."""

    def resolve(self, path: Path) -> Resolved:
        """Raises QueryError INVALID_FIELD, in Salesforce's words."""
        targets: tuple[ObjectType, ...] = (self.object,)
        steps: list[Step] = []
        for name in path.parts[:-1]:
            steps.append(self._step(targets, name))
            targets = steps[-1].targets
        field = self._field(targets, path.parts[-1])
        return Resolved(tuple(steps), field, self._getter(tuple(steps), field))

    def check_object(self, target: ObjectType) -> None:
        """Raises QueryError INVALID_TYPE where the user may not read the object."""
        if self.user and not may(self.user, target, "read"):
            raise QueryError(
                "INVALID_TYPE",
                f"sObject type '{target.name}' is not supported. If you are attempting to use a "
                "custom object, be sure to append the '__c' after the entity name. Please "
                "reference your WSDL or the describe call for the appropriate names.",
            )

    def readable(self, target: ObjectType, field: Field) -> bool:
        """Whether the field exists for the user."""
        return self.user is None or may_field(self.user, target, field, "read")

    def _step(self, targets: tuple[ObjectType, ...], name: str) -> Step:
        for target in targets:
            for field in target:
                if field.relationship and field.relationship.lower() == name.lower():
                    if not self.readable(target, field):
                        break
                    found = [self.schema.find(reference) for reference in field.reference_to]
                    parents = tuple(parent for parent in found if parent)
                    for parent in parents[:1]:
                        self.check_object(parent)
                    return Step(field, parents)
        raise QueryError(
            "INVALID_FIELD",
            f"Didn't understand relationship '{name}' in field path. If you are attempting to use "
            "a custom relationship, be sure to append the '__r' after the custom relationship "
            "name. Please reference your WSDL or the describe call for the appropriate names.",
        )

    def _field(self, targets: tuple[ObjectType, ...], name: str) -> Field:
        for target in targets:
            field = target.find(name)
            if field and self.readable(target, field):
                return field
        raise QueryError(
            "INVALID_FIELD",
            f"No such column '{name}' on entity '{targets[0].name}'. If you are attempting to use "
            "a custom field, be sure to append the '__c' after the custom field name. Please "
            "reference your WSDL or the describe call for the appropriate names.",
        )

    def _getter(self, steps: tuple[Step, ...], field: Field) -> Getter:
        source, object_name = self.source, self.object.name
        if not steps:
            if not field.calculated:
                name = field.name
                return lambda row: row.get(name)
            return lambda row: source.value(object_name, row, field)

        def read(row: Row) -> Value:
            found = self.ascend(row, steps)
            if found is None:
                return None
            target, parent = found
            own = target.find(field.name)
            return source.value(target.name, parent, own) if own else None

        return read

    def ascend(self, row: Row, steps: tuple[Step, ...]) -> tuple[ObjectType, Row] | None:
        """The parent row at the end of the ways up, or None where one is null."""
        target, current = self.object, row
        for step in steps:
            own = target.find(step.field.name)
            parent_id = current.get(own.name) if own else None
            found = self._parent(step, parent_id) if parent_id else None
            if found is None:
                return None
            target, current = found
        return target, current

    def _parent(self, step: Step, parent_id: str) -> tuple[ObjectType, Row] | None:
        for target in step.targets:
            row = self.source.get(target.name, parent_id)
            if row is not None:
                return target, row
        return None
