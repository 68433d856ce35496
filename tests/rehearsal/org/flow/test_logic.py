"""Filter logic means what the same words mean in any language."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.org.errors import MetadataError, Where
from rehearsal.org.flow.logic import decide, parse_logic

WHERE = Where(Path("x.flow-meta.xml"), 7)


def _joined(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    many = st.lists(children, min_size=2, max_size=3)
    return st.one_of(
        many.map(lambda terms: "(" + " AND ".join(terms) + ")"),
        many.map(lambda terms: "(" + " or ".join(terms) + ")"),
        children.map(lambda term: f"NOT {term}"),
    )


LOGIC = st.recursive(st.integers(1, 4).map(str), _joined, max_leaves=8)


@given(LOGIC, st.lists(st.booleans(), min_size=4, max_size=4))
def test_custom_logic_agrees_with_python(text: str, values: list[bool]) -> None:
    whole = f"({text}) AND 1 AND 2 AND 3 AND 4"
    logic = parse_logic(whole, 4, WHERE)
    predicates = [lambda row, index=index: row[index] for index in range(4)]
    as_python = whole.lower()
    for index, value in enumerate(values, 1):
        as_python = as_python.replace(str(index), str(value))
    assert decide(logic, predicates)(values) is eval(as_python)


@pytest.mark.parametrize(("word", "expected"), [("and", False), ("OR", True)])
def test_simple_logic(word: str, expected: bool) -> None:
    predicates = [lambda _: True, lambda _: False]
    assert decide(parse_logic(word, 2, WHERE), predicates)(None) is expected


@pytest.mark.parametrize(
    "text", ["1", "1 AND 3", "1 AND 2 OR 2", "(1 OR 2", "1 AND AND 2", "1 & 2"]
)
def test_logic_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(MetadataError, match=r"x\.flow-meta\.xml:7: filter logic"):
        parse_logic(text, 2, WHERE)
