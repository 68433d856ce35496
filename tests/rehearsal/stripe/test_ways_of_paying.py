"""Money that moves in less usual ways (Stripe docs, as named in the engine)."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from rehearsal.stripe.versions import ACACIA
from tests.rehearsal.stripe.conftest import Rig


async def totals(rig: Rig, customer: str) -> dict[str, Any]:
    (row,) = [
        row for row in (await rig.control("GET", "/book"))["totals"] if row["customer"] == customer
    ]
    return dict(row)


async def taxed_invoice(api: Any, customer: str, amount: int) -> Any:
    """An open invoice of ``amount``, 7 % tax included."""
    rate = await api.v1.tax_rates.create_async(
        {"display_name": "VAT", "percentage": 7, "inclusive": True}
    )
    invoice = await api.v1.invoices.create_async(
        {
            "customer": customer,
            "collection_method": "send_invoice",
            "days_until_due": 30,
        }
    )
    await api.v1.invoice_items.create_async(
        {
            "customer": customer,
            "amount": amount,
            "currency": "usd",
            "invoice": invoice.id,
            "tax_rates": [rate.id],
        }
    )
    return await api.v1.invoices.finalize_invoice_async(invoice.id)


async def pay_alone(api: Any, customer: str, amount: int, **params: Any) -> Any:
    return await api.v1.payment_intents.create_async(
        {
            "amount": amount,
            "currency": "usd",
            "customer": customer,
            "payment_method": "pm_card_visa",
            "payment_method_types": ["card"],
            "confirm": True,
            **params,
        }
    )


async def test_parts_outside_and_by_card_have_all_of_the_tax(rig: Rig, api: Any, sale: Any) -> None:
    invoice = await taxed_invoice(api, sale.customer.id, 10_001)
    for part in (3_333, 3_334):
        await rig.control("POST", f"/invoices/{invoice.id}/pay_outside", {"amount": part})
    shown = await api.v1.invoices.retrieve_async(invoice.id)
    assert (shown.status, shown.amount_paid, shown.amount_remaining) == ("open", 6_667, 3_334)
    await api.v1.invoices.pay_async(invoice.id)
    booked = await totals(rig, sale.customer.id)
    assert (booked["gross"], booked["out_of_band"], booked["receivable"]) == (10_001, 6_667, 0)
    assert booked["tax"] == sum(tax.amount for tax in shown.total_taxes)
    assert rig.types().count("invoice_payment.paid") == 3


async def test_one_payment_pays_two_invoices(rig: Rig, api: Any, sale: Any) -> None:
    first, second = [await taxed_invoice(api, sale.customer.id, n) for n in (4_000, 6_001)]
    intent = await pay_alone(api, sale.customer.id, 10_000)
    for invoice in (first, second):
        await api.v1.invoices.attach_payment_async(invoice.id, {"payment_intent": intent.id})
    listed = await api.v1.invoice_payments.list_async(
        {"payment": {"type": "payment_intent", "payment_intent": intent.id}}
    )
    assert {row.invoice: row.amount_paid for row in listed.data} == {
        first.id: 4_000,
        second.id: 6_000,
    }
    assert (await totals(rig, sale.customer.id))["receivable"] == 1
    with pytest.raises(stripe.InvalidRequestError, match="cannot be attached"):
        await api.v1.invoices.attach_payment_async(second.id, {"payment_intent": intent.id})


async def test_a_debit_fails_after_it_succeeded(rig: Rig, api: Any, sale: Any) -> None:
    invoice = await taxed_invoice(api, sale.customer.id, 10_000)
    await api.v1.invoices.pay_async(invoice.id)
    (charge,) = (await api.v1.charges.list_async({"customer": sale.customer.id})).data
    await rig.control("POST", f"/charges/{charge.id}/fail")
    shown = await api.v1.charges.retrieve_async(charge.id)
    assert (shown.status, shown.captured, shown.paid) == ("failed", True, False)
    assert shown.failure_balance_transaction
    booked = await totals(rig, sale.customer.id)
    assert (booked["gross"], booked["net"], booked["tax"]) == (0, 0, 0)
    assert "charge.failed" in rig.types()


async def test_refunds_and_a_lost_dispute_leave_nothing(rig: Rig, api: Any, sale: Any) -> None:
    invoice = await taxed_invoice(api, sale.customer.id, 10_001)
    await api.v1.invoices.pay_async(invoice.id)
    (charge,) = (await api.v1.charges.list_async({"customer": sale.customer.id})).data
    for part in (1_111, 2_222):
        await api.v1.refunds.create_async({"charge": charge.id, "amount": part})
    for part in (3_334, 3_334):
        await rig.control("POST", "/disputes", {"charge": charge.id, "amount": part})
    booked = await totals(rig, sale.customer.id)
    assert (booked["gross"], booked["net"], booked["tax"]) == (10_001, 0, 0)


@pytest.mark.parametrize(("version", "refunds"), [(ACACIA, 1), (None, 0)])
async def test_what_is_not_captured_was_a_refund_before_basil(
    rig: Rig, api: Any, sale: Any, version: str | None, refunds: int
) -> None:
    if version:
        await rig.control("POST", "/settings", {"api_version": version})
    held = await pay_alone(api, sale.customer.id, 10_000, capture_method="manual")
    await api.v1.payment_intents.capture_async(held.id, {"amount_to_capture": 7_000})
    await rig.advance(seconds=600)
    charge = await api.v1.charges.retrieve_async(held.latest_charge)
    assert (charge.amount_captured, charge.amount_refunded) == (7_000, 3_000 * refunds)
    listed = await api.v1.refunds.list_async(
        {"charge": charge.id, "expand": ["data.balance_transaction"]}
    )
    assert [row.balance_transaction.reporting_category for row in listed.data] == [
        "partial_capture_reversal"
    ] * refunds
    settled = await api.v1.balance_transactions.retrieve_async(charge.balance_transaction)
    assert settled.amount == 7_000 + 3_000 * refunds
    assert (await totals(rig, sale.customer.id))["net"] == 7_000


async def test_a_credit_note_of_an_open_invoice_can_be_voided(
    rig: Rig, api: Any, sale: Any
) -> None:
    invoice = await taxed_invoice(api, sale.customer.id, 10_000)
    note = await api.v1.credit_notes.create_async({"invoice": invoice.id, "amount": 2_500})
    assert (await totals(rig, sale.customer.id))["receivable"] == 7_500
    voided = await api.v1.credit_notes.void_credit_note_async(note.id)
    assert (voided.status, voided.voided_at is not None) == ("void", True)
    shown = await api.v1.invoices.retrieve_async(invoice.id)
    assert (shown.amount_remaining, shown.pre_payment_credit_notes_amount) == (10_000, 0)
    assert (await totals(rig, sale.customer.id))["receivable"] == 10_000
    with pytest.raises(stripe.InvalidRequestError, match="open invoices"):
        await api.v1.credit_notes.void_credit_note_async(note.id)
