"""Functions of a record's own fields: ISCHANGED, PRIORVALUE, ISNEW, ISPICKVAL, INCLUDES."""

from __future__ import annotations

from collections.abc import Sequence

from rehearsal.org.formula.ast import Call, Literal, Path, Reference
from rehearsal.org.formula.errors import FormulaError
from rehearsal.org.formula.kinds import Kind
from rehearsal.org.formula.runtime import Context, Function, Thunk, accepts, eager, text, wrong_type
from rehearsal.org.values import Value


def _field(call: Call) -> Path:
    """The field that ISCHANGED and PRIORVALUE are about: one of the record itself."""
    argument = call.arguments[0]
    if not isinstance(argument, Reference):
        raise FormulaError(
            f"The {call.function} function takes a field of the record itself.", call.position
        )
    start = 1 if argument.path[0].lower() == "$record" else 0
    if len(argument.path) - start != 1:
        raise FormulaError(
            f"Field {argument} may not be used in the function {call.function}.", argument.position
        )
    return argument.path


def _infer_changed(call: Call, kinds: Sequence[Kind]) -> Kind:
    _field(call)
    return Kind.BOOLEAN


def _infer_prior(call: Call, kinds: Sequence[Kind]) -> Kind:
    _field(call)
    return kinds[0]


def _same(old: Value, new: Value) -> bool:
    if isinstance(old, str) and isinstance(new, str):
        return old.replace("\r\n", "\n") == new.replace("\r\n", "\n")
    return old == new


def _build_changed(call: Call, arguments: Sequence[Thunk]) -> Thunk:
    path = _field(call)

    def run(context: Context) -> Value:
        prior = context.prior
        return prior is not None and not _same(prior(path), context.resolve(path))

    return run


def _build_prior(call: Call, arguments: Sequence[Thunk]) -> Thunk:
    """The value before the save; of a new record the value itself (Help, "PRIORVALUE")."""
    path = _field(call)
    (current,) = arguments

    def run(context: Context) -> Value:
        return current(context) if context.prior is None else context.prior(path)

    return run


def _infer_pick(call: Call, kinds: Sequence[Kind]) -> Kind:
    wanted = Kind.PICKLIST if call.function == "ISPICKVAL" else Kind.MULTIPICKLIST
    if not accepts(kinds[0], frozenset({wanted})) or kinds[0] is Kind.NULL:
        raise wrong_type(call, wanted, kinds[0])
    choice = call.arguments[1]
    if not (isinstance(choice, Literal) and isinstance(choice.value, str)):
        raise wrong_type(call, "a text literal", kinds[1], 1)
    return Kind.BOOLEAN


def _build_is_pick(call: Call, arguments: Sequence[Thunk]) -> Thunk:
    field, choice = arguments
    return lambda context: text(field(context)) == text(choice(context))


def _build_includes(call: Call, arguments: Sequence[Thunk]) -> Thunk:
    field, choice = arguments
    return lambda context: text(choice(context)) in text(field(context)).split(";")


FUNCTIONS = (
    Function("ISCHANGED", 1, 1, _infer_changed, _build_changed),
    Function("PRIORVALUE", 1, 1, _infer_prior, _build_prior),
    eager("ISNEW", [], Kind.BOOLEAN, lambda context, _: context.is_new),
    Function("ISPICKVAL", 2, 2, _infer_pick, _build_is_pick),
    Function("INCLUDES", 2, 2, _infer_pick, _build_includes),
)
