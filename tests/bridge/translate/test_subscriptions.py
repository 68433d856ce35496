"""``subscription`` → ``Bridge_Subscription__c`` and what is coming."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.money import add_months
from bridge.to_salesforce.translate import Ignored, Kind, Untranslatable
from bridge.to_salesforce.translate.term import months_between

UPDATED = "customer.subscription.updated"
T0 = 1767225600
DAY = 86_400


def at(day: str) -> int:
    return int(dt.datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp())


@pytest.fixture
def row(golden: Any, rows: Any) -> Any:
    """The subscription's row after a change to the golden one."""

    def row(**changes: Any) -> Any:
        return rows(golden(UPDATED, **changes))["sub_team"]

    return row


def test_the_golden_subscription(row: Any) -> None:
    found = row()
    assert found.opportunity_ref == "006Ws000001AbCdIAK"
    assert (found.plan_name, found.quantity, found.interval) == ("Team", 10, "month")
    assert found.mrr == Decimal("392.00")
    assert found.arr == Decimal("4704.00")
    assert found.acv == Decimal("4704.00")
    assert found.tcv == Decimal("9408.00")
    assert found.first_invoice == Decimal("392.00")
    assert found.term_months == 24
    # Midnight in London is still the day before in New York.
    assert found.start_date == dt.date(2025, 12, 31)
    assert found.current_period_end == dt.date(2026, 1, 31)


class TestNumbers:
    @pytest.mark.parametrize(
        "status", ["trialing", "paused", "unpaid", "incomplete", "incomplete_expired", "canceled"]
    )
    def test_mrr_is_zero_and_acv_is_what_was_sold(self, row: Any, status: str) -> None:
        found = row(status=status)
        assert (found.mrr, found.arr) == (0, 0)
        assert found.acv == Decimal("4704.00")
        assert found.tcv == Decimal("9408.00")

    def test_mrr_stays_while_past_due_and_while_collection_is_paused(self, row: Any) -> None:
        assert row(status="past_due").mrr == Decimal("392.00")
        paused = {"behavior": "keep_as_draft", "resumes_at": None}
        assert row(pause_collection=paused).mrr == Decimal("392.00")

    @pytest.mark.parametrize("shape", ["acacia", "endive"])
    def test_a_thousand_a_year_is_an_arr_of_a_thousand(
        self, golden: Any, rows: Any, stripe: Any, shape: str
    ) -> None:
        stripe.answers[Kind.COUPON, "LAUNCH20"] |= {"percent_off": 0}
        yearly = {
            "items.data.0.quantity": 1,
            "items.data.0.price.unit_amount": 100_000,
            "items.data.0.price.unit_amount_decimal": "100000",
            "items.data.0.price.recurring.interval": "year",
        }
        found = rows(golden(UPDATED, shape, **yearly))["sub_team"]
        assert (found.mrr, found.arr) == (Decimal("83.33"), Decimal("1000.00"))

    def test_currencies_without_or_with_three_decimals(self, row: Any) -> None:
        price = {"items.data.0.price.currency": "jpy", "currency": "jpy", "discounts": []}
        assert str(row(**price).mrr) == "49000"
        price = {"items.data.0.price.currency": "kwd", "currency": "kwd", "discounts": []}
        assert str(row(**price).mrr) == "49.000"

    def test_a_repeating_discount_counts_where_the_company_says_so(
        self, golden: Any, rows: Any, rules: Any, stripe: Any
    ) -> None:
        coupon = stripe.answers[Kind.COUPON, "LAUNCH20"]
        coupon |= {"duration": "repeating", "duration_in_months": 3}
        discounts = stripe.answers[Kind.SUBSCRIPTION_DISCOUNTS, "sub_team"]
        discounts["di_launch"] |= {"start": T0 + 7, "end": at("2026-04-01") + 7}
        plain = rows(golden(UPDATED))["sub_team"]
        assert plain.mrr == Decimal("490.00")
        assert plain.acv == Decimal("5586.00")  # three months of 392, nine of 490
        counted = replace(rules, count_repeating_discounts=True)
        assert rows(golden(UPDATED), rules=counted)["sub_team"].mrr == Decimal("392.00")

    def test_a_free_first_month_is_not_an_acv_of_zero(self, row: Any, stripe: Any) -> None:
        stripe.answers[Kind.COUPON, "LAUNCH20"] |= {"duration": "once", "percent_off": 100}
        found = row()
        assert (found.mrr, found.acv) == (Decimal("490.00"), Decimal("5390.00"))

    def test_an_amount_off_in_the_subscriptions_currency(self, row: Any, stripe: Any) -> None:
        coupon = stripe.answers[Kind.COUPON, "LAUNCH20"]
        coupon |= {"percent_off": None, "amount_off": 9000, "currency": "usd"}
        assert row().mrr == Decimal("400.00")
        coupon |= {"currency": "eur"}
        options = {"currency_options": {"usd": {"amount_off": 4000}}}
        stripe.answers[Kind.COUPON_IN_CURRENCIES, "LAUNCH20"] = coupon | options
        assert row().mrr == Decimal("450.00")

    def test_a_discount_for_other_products_takes_nothing(self, row: Any, stripe: Any) -> None:
        stripe.answers[Kind.COUPON, "LAUNCH20"]["applies_to"] = {"products": ["prod_other"]}
        assert row().mrr == Decimal("490.00")

    def test_a_deleted_coupon_still_counts_where_its_discount_holds_it(
        self, golden: Any, rows: Any, stripe: Any
    ) -> None:
        stripe.answers[Kind.COUPON, "LAUNCH20"] = None
        assert rows(golden(UPDATED, "acacia"))["sub_team"].mrr == Decimal("392.00")

    def test_a_discount_taken_off_since_is_asked_for_once_more_and_then_let_go(
        self, golden: Any, rows: Any, stripe: Any
    ) -> None:
        stripe.answers[Kind.SUBSCRIPTION_DISCOUNTS, "sub_team"] = {}
        stripe.as_of = golden(UPDATED).created - dt.timedelta(seconds=1)
        assert rows(golden(UPDATED))["sub_team"].mrr == Decimal("490.00")
        asked = [need for need in stripe.asked if need.kind is Kind.SUBSCRIPTION_DISCOUNTS]
        assert [need.since for need in asked] == [None, golden(UPDATED).created]

    def test_tiers_are_asked_for_since_events_leave_them_out(self, row: Any, stripe: Any) -> None:
        price = dict(stripe.answers[Kind.PRICE, "price_team"])
        price |= {"billing_scheme": "tiered", "tiers_mode": "graduated", "unit_amount": None}
        price |= {"unit_amount_decimal": None}
        tiers = [
            {"up_to": 5, "unit_amount": 1000, "unit_amount_decimal": "1000", "flat_amount": 500},
            {"up_to": None, "unit_amount": None, "unit_amount_decimal": "0.5", "flat_amount": None},
        ]
        stripe.answers[Kind.PRICE, "price_team"] = {**price, "tiers": tiers}
        found = row(**{"items.data.0.price": price, "discounts": []})
        assert found.mrr == Decimal("55.03")  # 5 × 10.00 + 5.00 + 5 × 0.005, half a cent up
        assert found.acv == Decimal("660.30")

    def test_a_price_of_several_currencies_is_taken_in_the_subscriptions(
        self, row: Any, stripe: Any
    ) -> None:
        options = {"eur": {"unit_amount": 4500, "unit_amount_decimal": "4500"}}
        price = stripe.answers[Kind.PRICE, "price_team"] | {"currency_options": options}
        stripe.answers[Kind.PRICE_IN_CURRENCIES, "price_team"] = price
        found = row(currency="eur", discounts=[])
        assert (found.mrr, found.currency) == (Decimal("450.00"), "EUR")

    def test_a_price_without_the_subscriptions_currency_is_said_to_be_so(
        self, row: Any, stripe: Any
    ) -> None:
        price = stripe.answers[Kind.PRICE, "price_team"]
        stripe.answers[Kind.PRICE_IN_CURRENCIES, "price_team"] = price
        with pytest.raises(Untranslatable, match="price_team has no amount in EUR"):
            row(currency="eur", discounts=[])

    def test_units_are_sold_in_packages(self, row: Any) -> None:
        packages = {"divide_by": 4, "round": "up"}
        found = row(**{"items.data.0.price.transform_quantity": packages, "discounts": []})
        assert (found.mrr, found.quantity) == (Decimal("147.00"), 10)
        packages["round"] = "down"
        found = row(**{"items.data.0.price.transform_quantity": packages, "discounts": []})
        assert found.mrr == Decimal("98.00")
        packages["round"] = "sideways"
        with pytest.raises(Untranslatable, match="sideways"):
            row(**{"items.data.0.price.transform_quantity": packages})

    def test_metered_items_are_not_counted(self, row: Any) -> None:
        found = row(**{"items.data.0.price.recurring.usage_type": "metered", "discounts": []})
        assert (found.mrr, found.acv, found.quantity) == (0, 0, None)

    def test_an_amount_beyond_the_field_is_said_to_be_so(self, row: Any) -> None:
        with pytest.raises(Untranslatable, match=r"Bridge_\w+__c sub_team: .*18 digits"):
            row(**{"items.data.0.price.unit_amount_decimal": "9" * 20, "discounts": []})


class TestTerm:
    def test_one_off_lines_of_the_first_invoice_are_part_of_tcv(
        self, row: Any, stripe: Any
    ) -> None:
        line = stripe.answers[Kind.FIRST_INVOICE, "sub_team"]["lines"]["data"][0]
        line |= {"amount": 50_000, "discount_amounts": [{"amount": 10_000}]}
        line |= {"taxes": [{"amount": 1_000, "tax_behavior": "inclusive"}]}
        found = row()
        assert found.tcv == Decimal("9798.00")
        assert found.first_invoice == Decimal("782.00")
        assert found.acv == Decimal("4704.00")

    def test_without_a_term_nothing_is_asked_and_salesforce_decides(
        self, row: Any, stripe: Any
    ) -> None:
        found = row(metadata={})
        assert (found.term_months, found.tcv) == (None, None)
        assert Kind.FIRST_INVOICE not in stripe.kinds_asked()

    @pytest.mark.parametrize("typed", ["", "0", "a year", "12.5", "-3", "1000", "²", "9" * 40])
    def test_what_is_no_term_is_none(self, row: Any, typed: str) -> None:
        assert row(metadata={"contract_term_months": typed}).term_months is None

    def test_a_schedule_that_cancels_is_a_term(self, row: Any, stripe: Any) -> None:
        phases = [
            {"start_date": T0, "end_date": at("2027-01-01")},
            {"start_date": at("2027-01-01"), "end_date": at("2029-01-01")},
        ]
        schedule = {"id": "sub_sched_1", "end_behavior": "cancel", "phases": phases}
        stripe.answers[Kind.SCHEDULE, "sub_sched_1"] = schedule
        assert row(metadata={}, schedule="sub_sched_1").term_months == 36
        schedule["end_behavior"] = "release"
        assert row(metadata={}, schedule="sub_sched_1").term_months is None

    def test_an_end_agreed_at_the_start_is_a_term(self, row: Any) -> None:
        assert row(metadata={}, cancel_at=at("2027-07-01"), canceled_at=T0).term_months == 18

    @given(st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)), st.integers(1, 120))
    def test_a_term_is_whole_months(self, day: dt.date, months: int) -> None:
        start = dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)
        end = add_months(start, months)
        assert months_between(start, end) == months
        assert months_between(start, end + dt.timedelta(days=10)) == months
        assert months_between(start, start + dt.timedelta(days=3)) is None

    def test_leaving_later_is_none(self, row: Any) -> None:
        left = {"cancel_at": at("2026-07-01"), "canceled_at": at("2026-05-20")}
        assert row(metadata={}, **left).term_months is None
        ending = {"cancel_at": at("2026-02-01"), "cancel_at_period_end": True, "canceled_at": T0}
        assert row(metadata={}, **ending).term_months is None


class TestActiveDate:
    TRIAL = {"trial_start": T0, "trial_end": at("2026-01-15")}  # noqa: RUF012

    def test_without_a_trial_it_is_the_day_it_was_made(self, row: Any) -> None:
        assert row().active_date == dt.date(2025, 12, 31)

    @pytest.mark.parametrize("status", ["incomplete", "incomplete_expired"])
    def test_nobody_has_paid_yet(self, row: Any, status: str) -> None:
        assert row(status=status).active_date is None

    @pytest.mark.parametrize("status", ["trialing", "paused"])
    def test_a_trial_is_not_active(self, row: Any, status: str) -> None:
        assert row(status=status, **self.TRIAL).active_date is None

    @pytest.mark.parametrize("status", ["active", "past_due", "unpaid", "canceled"])
    def test_after_its_trial_it_is_the_day_that_ended(self, row: Any, status: str) -> None:
        ended = {"ended_at": at("2026-03-01")} if status == "canceled" else {}
        assert row(status=status, **self.TRIAL, **ended).active_date == dt.date(2026, 1, 14)

    def test_canceled_during_the_trial_it_never_was(self, row: Any) -> None:
        gone = {"status": "canceled", "ended_at": at("2026-01-15"), "canceled_at": at("2026-01-09")}
        assert row(**self.TRIAL, **gone).active_date is None

    def test_a_trial_given_later_does_not_undo_the_win(self, row: Any) -> None:
        later = {"trial_start": at("2026-06-01"), "trial_end": at("2026-07-01")}
        assert row(status="trialing", **later).active_date == dt.date(2025, 12, 31)


class TestOpportunity:
    SESSION = {"id": "cs_1", "object": "checkout.session", "status": "complete"}  # noqa: RUF012

    def test_checkout_says_it_where_the_metadata_does_not(self, row: Any, stripe: Any) -> None:
        session = {**self.SESSION, "client_reference_id": "006Ws000009ZzZzIAK"}
        stripe.answers[Kind.CHECKOUT_SESSION, "sub_team"] = session
        assert row(metadata={}).opportunity_ref == "006Ws000009ZzZzIAK"
        assert row().opportunity_ref == "006Ws000001AbCdIAK"
        session["metadata"] = {"salesforce_opportunity_id": "006Ws000008YyYyIAK"}
        assert row(metadata={}).opportunity_ref == "006Ws000008YyYyIAK"

    def test_the_companys_own_ids_are_no_opportunities(self, row: Any, stripe: Any) -> None:
        for own in ("user-42", "006", "001Ws000009ZzZzIAK", "006Ws000009ZzZz!"):
            session = {**self.SESSION, "client_reference_id": own}
            stripe.answers[Kind.CHECKOUT_SESSION, "sub_team"] = session
            assert row(metadata={}).opportunity_ref is None

    def test_the_metadata_key_is_a_setting(self, golden: Any, rows: Any, rules: Any) -> None:
        event = golden(UPDATED, metadata={"opp": " 006x "})
        found = rows(event, rules=replace(rules, opportunity_key="opp"))
        assert found["sub_team"].opportunity_ref == "006x"


def test_the_plan_is_called_by_its_products(
    row: Any, golden: Any, change: Any, stripe: Any
) -> None:
    item = golden(UPDATED).object["items"]["data"][0]
    support = change(item, {"id": "si_2", "price.product": "prod_support"})
    stripe.answers[Kind.PRODUCT, "prod_support"] = {"id": "prod_support", "name": "S" * 300}
    found = row(**{"items.data": [item, support, item]})
    assert found.plan_name == "Team, " + "S" * 248 + "…"
    stripe.answers[Kind.PRODUCT, "prod_support"] = None
    assert row(**{"items.data": [item, support]}).plan_name == "Team, prod_support"


def test_items_beyond_the_embedded_ones_are_asked_for(
    row: Any, golden: Any, change: Any, stripe: Any
) -> None:
    item = golden(UPDATED).object["items"]["data"][0]
    both = [item, change(item, {"id": "si_2"})]
    stripe.answers[Kind.SUBSCRIPTION_ITEMS, "sub_team"] = {"object": "list", "data": both}
    assert row(**{"items.has_more": True}).quantity == 20


def test_why_it_was_canceled_in_stripes_words_then_the_customers(row: Any) -> None:
    details = {
        "reason": "cancellation_requested",
        "feedback": "too_expensive",
        "comment": "x" * 400,
    }
    reason = row(cancellation_details=details).cancellation_reason
    assert reason.startswith("cancellation_requested: too_expensive: xxx")
    assert len(reason) == 255


def test_a_subscription_without_a_customer_is_not_booked(golden: Any, run: Any) -> None:
    event = golden(UPDATED, customer=None, customer_account="acct_buyer")
    assert run(event) == Ignored("not booked yet: an account without a customer")


@pytest.mark.parametrize("missing", ["id", "status", "currency", "created"])
def test_a_subscription_without_its_essentials_is_refused_by_name(row: Any, missing: str) -> None:
    with pytest.raises(Untranslatable):
        row(**{missing: None})


@given(data=st.data())
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_items_and_fields_does_not_matter(
    data: st.DataObject, golden: Any, rows: Any, change: Any
) -> None:
    event = golden(UPDATED)
    item = event.object["items"]["data"][0]
    items = [
        change(item, {"id": f"si_{n}", "price.unit_amount_decimal": str(n * 333), "quantity": n})
        for n in range(1, 5)
    ]
    expected = rows(replace(event, object=change(event.object, {"items.data": items})))
    mixed = change(event.object, {"items.data": data.draw(st.permutations(items))})
    names = data.draw(st.permutations(list(mixed)))
    assert rows(replace(event, object={name: mixed[name] for name in names})) == expected
