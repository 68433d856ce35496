"""Formulas and texts with merge fields, compiled against a Flow's names."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Protocol

from rehearsal.org.errors import MetadataError, Unsupported, Where
from rehearsal.org.flow import model
from rehearsal.org.flow.interview import Fault, Interview
from rehearsal.org.flow.values import TEXTS, Type
from rehearsal.org.formula import (
    EvaluationError,
    FormulaError,
    Kind,
    Path,
    check,
    evaluate,
    parse,
    references,
)
from rehearsal.org.values import Value

Getter = Callable[[Interview], Any]
_MERGE = re.compile(r"\{!([^{}]*)\}")


class Names(Protocol):
    """Who knows what a reference means."""

    def read(
        self, reference: model.Reference, *, null_safe: bool = False
    ) -> tuple[Type, Getter]: ...

    def record_field(self, path: Path, where: Where) -> str:
        """The field that ISCHANGED or PRIORVALUE is about, `$Record.X__c`."""


def template(names: Names, text: model.Template) -> tuple[Type, Getter]:
    """A text whose `{!x}` are replaced. Raises MetadataError, Unsupported.

    Numbers and dates are not merged: Flow writes them in the user's locale.
    """
    pieces = _MERGE.split(text.text)
    if len(pieces) == 1:
        constant = text.text or None
        return Type(Kind.TEXT), lambda interview: constant
    parts: list[str | Getter] = []
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            parts.append(piece)
            continue
        reference = model.Reference(tuple(piece.strip().split(".")), text.where)
        kind, getter = names.read(reference)
        if kind.collection or kind.sobject or kind.kind not in TEXTS | {Kind.BOOLEAN}:
            raise Unsupported(
                f"Flow merge of {{!{piece}}} ({kind}) into a text; use TEXT() in a formula",
                text.where,
            )
        parts.append(getter)

    def render(interview: Interview) -> str | None:
        rendered = (part if isinstance(part, str) else _merged(part(interview)) for part in parts)
        return "".join(rendered) or None

    return Type(Kind.TEXT), render


def _merged(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def expression(names: Names, text: str, where: Where) -> tuple[Type, Getter]:
    """A formula's type and value; to fail on values is a Fault.

    Raises MetadataError, Unsupported.
    """
    try:
        parsed = parse(text, flow=True)
        named: dict[Path, tuple[Type, Getter]] = {
            path: names.read(model.Reference(path, where), null_safe=True)
            for path in references(parsed)
        }

        def kind_of(path: Path) -> Kind:
            found = named[path][0]
            if found.sobject or found.collection:
                raise FormulaError(f"{'.'.join(path)} is a {found}")
            if found.percent:
                raise Unsupported(f"percent field {'.'.join(path)} in a Flow formula", where)
            return found.kind

        result = check(parsed, kind_of)
    except FormulaError as error:
        raise MetadataError(f"{error.message} (character {error.position})", where) from None
    except Unsupported as error:
        raise error if error.where else Unsupported(error.feature, where) from None

    def run(interview: Interview) -> Value:
        prior_record = interview.prior

        def current(path: Path) -> Value:
            value: Value = named[path][1](interview)
            return value

        def prior(path: Path) -> Value:
            return prior_record.get(names.record_field(path, where)) if prior_record else None

        try:
            return evaluate(
                parsed,
                current,
                interview.tx.now(),
                kind_of=kind_of,
                time_zone=interview.tx.user.time_zone,
                prior=None if prior_record is None else prior,
                is_new=interview.is_new,
            )
        except EvaluationError as error:
            raise Fault(f"The formula expression is invalid: {error.message}") from None

    return Type(result), run
