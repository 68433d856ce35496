"""``customer`` → ``Bridge_Customer__c``."""

from __future__ import annotations

import datetime as dt
from typing import Any

from bridge.contract import CustomerRow
from bridge.to_salesforce.translate import Kind, read_event


def test_the_row_is_all_in_the_event(golden: Any, rows: Any, stripe: Any) -> None:
    [row] = rows(golden("customer.updated")).values()
    assert isinstance(row, CustomerRow)
    assert row.name == "Globex Corporation"
    assert row.email == "ap@globex.example"
    assert row.currency == "USD"
    assert row.opportunity_ref == "006Ws000001AbCdIAK"
    assert row.stripe_link == "https://dashboard.stripe.com/test/customers/cus_globex"
    assert not stripe.asked


def test_a_nameless_customer_is_called_by_what_is_known(golden: Any, rows: Any) -> None:
    def name(**changes: Any) -> str:
        return str(rows(golden("customer.updated", **changes))["cus_globex"].name)

    assert name(name=None) == "ap@globex.example"
    assert name(name=" ", description="Globex, via phone") == "Globex, via phone"
    assert name(name=None, email=None) == "cus_globex"


def test_long_text_is_cut_and_an_address_is_kept_whole_or_not_at_all(
    golden: Any, rows: Any
) -> None:
    event = golden("customer.updated", name="G" * 300, email="a" * 80 + "@globex.example")
    row = rows(event)["cus_globex"]
    assert row.name == "G" * 79 + "…"
    assert row.email is None


def test_a_deletion_keeps_what_the_customer_was_called(golden: Any, rows: Any) -> None:
    from dataclasses import replace

    event = replace(golden("customer.updated"), type="customer.deleted")
    row = rows(event)["cus_globex"]
    assert row.deleted
    assert row.name == "Globex Corporation"


def test_a_deleted_parent_never_overwrites_what_the_ledger_knows_of_it(
    golden: Any, rows: Any, stripe: Any
) -> None:
    stripe.answers[Kind.CUSTOMER, "cus_globex"] = {
        "id": "cus_globex",
        "object": "customer",
        "deleted": True,
    }
    row = rows(golden("customer.subscription.updated"))["cus_globex"]
    assert row.deleted
    assert row.as_of == dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    stripe.answers[Kind.CUSTOMER, "cus_globex"] = None
    assert rows(golden("customer.subscription.updated"))["cus_globex"].deleted


def test_a_read_of_a_deleted_customer_says_so(rows: Any) -> None:
    gone = {"id": "cus_globex", "object": "customer", "deleted": True}
    as_of = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
    row = rows(read_event("cus_globex", gone, as_of, "acct_1", True))["cus_globex"]
    assert (row.deleted, row.as_of, row.stripe_account) == (True, as_of, "acct_1")
    assert row.stripe_link == "https://dashboard.stripe.com/acct_1/customers/cus_globex"
