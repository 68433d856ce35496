"""The way in: parse a formula, ask what it names and gives, evaluate it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from zoneinfo import ZoneInfo

from rehearsal.org.errors import Unsupported
from rehearsal.org.formula.ast import Binary, Call, Node, Path, Reference, Unary
from rehearsal.org.formula.check import infer
from rehearsal.org.formula.compile import compile_node
from rehearsal.org.formula.errors import FormulaError
from rehearsal.org.formula.kinds import Kind, KindOf
from rehearsal.org.formula.parser import parse_tree
from rehearsal.org.formula.runtime import Context, Resolve, Thunk
from rehearsal.org.values import Value


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled formula."""

    text: str
    tree: Node
    flow: bool
    run: Thunk = field(repr=False, compare=False)


@lru_cache(maxsize=4096)
def parse(text: str, *, flow: bool = False) -> Expression:
    """Compiles a formula.

    `flow` reads a Flow's formula: merge fields stand as `{!x.y}`, ids keep their 18 characters, and
    BR is refused. Raises FormulaError with a position, Unsupported for a function this org lacks.
    """
    if not text.strip():
        raise FormulaError("Syntax error. The formula is empty.")
    tree = parse_tree(text, flow=flow)
    if flow and any(isinstance(node, Call) and node.function == "BR" for node in _walk(tree)):
        raise Unsupported("formula function BR in a Flow")
    return Expression(text, tree, flow, compile_node(tree))


def references(expression: Expression) -> set[Path]:
    """The merge fields that a formula names, as it spells them."""
    return {node.path for node in _walk(expression.tree) if isinstance(node, Reference)}


def functions(expression: Expression) -> set[str]:
    """The functions that a formula calls, in upper case."""
    return {node.function for node in _walk(expression.tree) if isinstance(node, Call)}


def check(expression: Expression, kind_of: KindOf) -> Kind:
    """The type that a formula gives. Raises FormulaError where its parts do not fit together."""
    return infer(expression.tree, kind_of)


def evaluate(
    expression: Expression,
    resolve: Resolve,
    now: dt.datetime,
    *,
    kind_of: KindOf | None = None,
    blanks_as_zero: bool = False,
    time_zone: str = "UTC",
    prior: Resolve | None = None,
    is_new: bool = False,
) -> Value:
    """The value of a formula; an empty text is null.

    `resolve` reads a merge field, `prior` the same field before the save (None where there was no
    record). `kind_of` gives the fields' types: with it a blank number reads 0 under
    `blanks_as_zero`, ids of the record read with 15 characters, and two blank texts are equal while
    two blank numbers are not. `time_zone` is the user's. Raises EvaluationError.
    """
    known = kind_of or _unknown
    context = Context(
        resolve=resolve,
        now=now,
        zone=_zone(time_zone),
        static=lambda node: infer(node, known),
        kind_of=kind_of,
        blanks_as_zero=blanks_as_zero,
        prior=prior,
        is_new=is_new,
        flow=expression.flow,
    )
    value = expression.run(context)
    return None if value == "" else value


def _unknown(path: Path) -> Kind:
    return Kind.ANY


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _walk(node: Node) -> Iterator[Node]:
    yield node
    match node:
        case Unary(operand=operand):
            yield from _walk(operand)
        case Binary(left=left, right=right):
            yield from _walk(left)
            yield from _walk(right)
        case Call(arguments=arguments):
            for argument in arguments:
                yield from _walk(argument)
