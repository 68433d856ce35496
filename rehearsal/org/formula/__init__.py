"""Salesforce's formula language: formula fields, validation rules, default values, Flows.

Nothing here knows records: whoever evaluates a formula hands it the values and types of what it
names.
"""

from __future__ import annotations

from rehearsal.org.formula.ast import Path
from rehearsal.org.formula.errors import EvaluationError, FormulaError
from rehearsal.org.formula.expression import (
    Expression,
    check,
    evaluate,
    functions,
    parse,
    references,
)
from rehearsal.org.formula.functions.texts import number_text
from rehearsal.org.formula.kinds import Kind, KindOf, field_kind, field_kinds, resolve_field
from rehearsal.org.formula.runtime import Resolve, round_half_up

__all__ = [
    "EvaluationError",
    "Expression",
    "FormulaError",
    "Kind",
    "KindOf",
    "Path",
    "Resolve",
    "check",
    "evaluate",
    "field_kind",
    "field_kinds",
    "functions",
    "number_text",
    "parse",
    "references",
    "resolve_field",
    "round_half_up",
]
