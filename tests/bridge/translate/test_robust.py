"""Whatever stands where something else was expected: rows, a reason, or a refusal that says why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.to_salesforce.translate import Ignored, Translation, Untranslatable

EVENTS = ["customer.updated", "customer.subscription.updated", "invoice.paid", "charge.succeeded"]
FINE = Translation | Ignored | Untranslatable
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.text(max_size=10),
    st.sampled_from(["", " ", "inf", "NaN", "x" * 400, "\u0000", "🜁" * 100]),
    st.just([]),
    st.just({}),
    st.just([None, 1, "x", {}]),
    st.just({"data": None, "id": 7, "object": []}),
)


def places(found: Any, way: tuple[str, ...] = ()) -> Iterator[str]:
    """All dotted paths into an object."""
    inner = found.items() if isinstance(found, dict) else enumerate(found)
    for name, value in inner:
        here = (*way, str(name))
        yield ".".join(here)
        if isinstance(value, dict | list):
            yield from places(value, here)


def outcome(run: Any, event: Any) -> object:
    try:
        return run(event)
    except Untranslatable as error:
        return error


@pytest.mark.parametrize("shape", ["acacia", "endive"])
@pytest.mark.parametrize("name", EVENTS)
@given(data=st.data())
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_an_odd_value_anywhere_breaks_nothing(
    name: str, shape: str, data: st.DataObject, golden: Any, change: Any, run: Any, stripe: Any
) -> None:
    event = golden(name, shape)
    place = data.draw(st.sampled_from(sorted(places(event.object))))
    odd = change(event.object, {place: data.draw(ODD)})
    stripe.forgiving = True
    assert isinstance(outcome(run, replace(event, object=odd)), FINE)


@pytest.mark.parametrize("kind", ["subscription", "coupon", "payment_invoices", "product"])
@given(data=st.data())
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_nor_in_what_stripe_answers(
    kind: str, data: st.DataObject, golden: Any, change: Any, run: Any, stripe: Any
) -> None:
    stripe.forgiving = True
    key = next(key for key in stripe.answers if key[0] == kind)
    answer = stripe.answers[key]
    place = data.draw(st.sampled_from(sorted(places(answer))))
    stripe.answers[key] = change(answer, {place: data.draw(ODD)})
    found = outcome(run, golden("charge.succeeded"))
    stripe.answers[key] = answer
    assert isinstance(found, FINE)


@pytest.mark.parametrize("days", [-739_648, 10**12])
def test_a_moment_out_of_range_is_refused_by_name(golden: Any, run: Any, days: int) -> None:
    event = golden("customer.subscription.updated", "endive", days_until_due=days)
    with pytest.raises(Untranslatable, match="moment out of range"):
        run(event)
