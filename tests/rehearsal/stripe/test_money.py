"""What things cost, and what becomes of money that was taken."""

from __future__ import annotations

from decimal import Decimal

import pytest
import stripe
from stripe import StripeClient

from rehearsal.stripe.money import rounded
from rehearsal.stripe.objects.catalog import Price, Recurring, Tier, TransformQuantity
from rehearsal.stripe.pricing import price_amount, price_parts


def priced(**more) -> Price:
    fields = {
        "id": "price_1",
        "created": 0,
        "currency": "usd",
        "product": "prod_1",
        "unit_amount": None,
        "recurring": Recurring("month", 1, "licensed"),
    }
    return Price(**(fields | more))


TIERS = (
    Tier(5, Decimal(1000), Decimal(0)),
    Tier(10, Decimal(800), Decimal(500)),
    Tier(None, Decimal("650.5"), Decimal(0)),
)


@pytest.mark.parametrize(
    ("quantity", "amount"),
    [(1, 1000), (5, 5000), (6, 5000 + 800 + 500), (12, 5000 + 4000 + 500 + 1301)],
)
def test_graduated_tiers_add_up(quantity, amount):
    assert price_amount(priced(tiers=TIERS, tiers_mode="graduated"), quantity) == amount


@pytest.mark.parametrize(
    ("quantity", "amount"), [(5, 5000), (6, 4800 + 500), (10, 8500), (11, 7156)]
)
def test_volume_takes_the_tier_of_the_whole(quantity, amount):
    assert price_amount(priced(tiers=TIERS, tiers_mode="volume"), quantity) == amount


def test_a_graduated_price_makes_a_line_a_tier():
    parts = price_parts(priced(tiers=TIERS, tiers_mode="graduated"), 12)
    assert [(part.label, part.amount) for part in parts] == [
        ("First 5", 5000),
        ("Next 5", 4000),
        ("Flat fee", 500),
        ("Next 2", 1301),
    ]


@pytest.mark.parametrize(("how", "amount"), [("up", 300), ("down", 200)])
def test_transform_quantity_rounds_as_told(how, amount):
    price = priced(unit_amount=Decimal(100), transform_quantity=TransformQuantity(10, how))
    assert price_amount(price, 25) == amount


def test_fractions_of_a_cent_are_rounded_once_at_the_end():
    assert price_amount(priced(unit_amount=Decimal("0.05")), 1234) == 62


def test_three_decimal_amounts_end_in_zero():
    assert rounded(Decimal("1234.5"), "kwd") == 1230
    assert rounded(Decimal("1235"), "kwd") == 1240
    assert rounded(Decimal("1234.5"), "jpy") == 1235


@pytest.fixture
async def bill(api: StripeClient, sale):
    async def create(**more) -> stripe.Invoice:
        subscription = await api.v1.subscriptions.create_async(
            {
                "customer": sale.customer.id,
                "items": [{"price": sale.price.id}],
                "expand": ["latest_invoice"],
                **more,
            }
        )
        return subscription.latest_invoice

    return create


async def test_percentages_and_amounts_off_stack_in_order(api, bill):
    half = await api.v1.coupons.create_async({"percent_off": 50, "duration": "once"})
    ten = await api.v1.coupons.create_async(
        {"amount_off": 1000, "currency": "usd", "duration": "once"}
    )
    invoice = await bill(discounts=[{"coupon": half.id}, {"coupon": ten.id}])
    assert (invoice.subtotal, invoice.total) == (9900, 3950)
    assert [row.amount for row in invoice.total_discount_amounts] == [4950, 1000]


@pytest.mark.parametrize(
    ("coupon", "totals"),
    [
        ({"duration": "once"}, [4950, 9900, 9900, 9900]),
        ({"duration": "repeating", "duration_in_months": 2}, [4950, 4950, 9900, 9900]),
        ({"duration": "forever"}, [4950, 4950, 4950, 4950]),
    ],
)
async def test_a_discount_lasts_as_long_as_its_window(rig, api, sale, coupon, totals):
    half = await api.v1.coupons.create_async({"percent_off": 50, **coupon})
    subscription = await api.v1.subscriptions.create_async(
        {
            "customer": sale.customer.id,
            "items": [{"price": sale.price.id}],
            "discounts": [{"coupon": half.id}],
        }
    )
    await rig.advance(days=92)
    page = await api.v1.invoices.list_async({"subscription": subscription.id})
    assert [invoice.total for invoice in page.data][::-1] == totals
    assert all(invoice.amount_paid == invoice.total for invoice in page.data)


@pytest.mark.parametrize(("inclusive", "total", "net"), [(False, 11880, 9900), (True, 9900, 8250)])
async def test_tax_is_within_or_on_top(rig, api, bill, inclusive, total, net):
    rate = await api.v1.tax_rates.create_async(
        {"display_name": "VAT", "percentage": 20, "inclusive": inclusive}
    )
    invoice = await bill(default_tax_rates=[rate.id])
    assert (invoice.total, invoice.total_excluding_tax) == (total, net)
    booked = (await rig.control("GET", "/book"))["totals"][0]
    assert (booked["gross"], booked["tax"]) == (total, total - net)


async def test_a_credit_balance_is_used_and_is_no_cash(rig, api, sale, bill):
    await api.v1.customers.update_async(sale.customer.id, {"balance": -4000})
    invoice = await bill()
    assert (invoice.total, invoice.amount_due, invoice.amount_paid) == (9900, 5900, 5900)
    assert (invoice.starting_balance, invoice.ending_balance) == (-4000, 0)
    booked = (await rig.control("GET", "/book"))["totals"][0]
    assert (booked["gross"], booked["receivable"]) == (5900, 0)


@pytest.mark.parametrize(
    ("currency", "amount", "settled", "home"),
    [("jpy", 10000, 6700, "usd"), ("kwd", 10000, 3250, "usd"), ("chf", 5000, 5000, "chf")],
)
async def test_settlement_knows_the_currencys_decimals(rig, api, currency, amount, settled, home):
    intent = await api.v1.payment_intents.create_async(
        {
            "amount": amount,
            "currency": currency,
            "payment_method": "pm_card_visa",
            "confirm": True,
        }
    )
    await rig.advance(600)
    charge = await api.v1.charges.retrieve_async(
        intent.latest_charge, {"expand": ["balance_transaction"]}
    )
    assert charge.balance_transaction.amount == settled
    assert charge.balance_transaction.currency == home


async def test_three_decimal_amounts_must_end_in_zero(api):
    with pytest.raises(stripe.InvalidRequestError, match="divisible by 10"):
        await api.v1.payment_intents.create_async({"amount": 10001, "currency": "kwd"})


async def charged(api, amount: int = 10000, **more) -> stripe.PaymentIntent:
    return await api.v1.payment_intents.create_async(
        {
            "amount": amount,
            "currency": "usd",
            "payment_method": "pm_card_visa",
            "confirm": True,
            **more,
        }
    )


async def test_a_declined_card_is_a_card_error(rig, api):
    with pytest.raises(stripe.CardError) as refusal:
        await charged(api, payment_method="pm_card_chargeDeclinedInsufficientFunds")
    assert (refusal.value.code, refusal.value.error.decline_code) == (
        "card_declined",
        "insufficient_funds",
    )
    assert rig.types()[-2:] == ["charge.failed", "payment_intent.payment_failed"]
    assert (await rig.control("GET", "/book"))["postings"] == []


async def test_less_can_be_captured_than_was_authorised(rig, api, sale):
    intent = await charged(api, capture_method="manual", customer=sale.customer.id)
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 10000)
    assert (await rig.control("GET", "/book"))["totals"] == []
    await api.v1.payment_intents.capture_async(intent.id, {"amount_to_capture": 7500})
    charge = await api.v1.charges.retrieve_async(intent.latest_charge)
    assert (charge.captured, charge.amount, charge.amount_captured) == (True, 10000, 7500)
    assert (await rig.control("GET", "/book"))["totals"][0]["gross"] == 7500


async def test_an_authorisation_that_is_not_captured_is_voided_as_refunded(rig, api):
    intent = await charged(api, capture_method="manual")
    await rig.advance(days=7)
    charge = await api.v1.charges.retrieve_async(intent.latest_charge)
    assert (charge.captured, charge.refunded, charge.amount_captured) == (False, True, 0)
    assert (await api.v1.payment_intents.retrieve_async(intent.id)).status == "canceled"
    assert rig.types()[-2:] == ["charge.refunded", "payment_intent.canceled"]
    assert (await rig.control("GET", "/book"))["postings"] == []


async def test_refunds_in_part_and_in_full(rig, api, sale):
    intent = await charged(api, customer=sale.customer.id)
    await api.v1.refunds.create_async({"payment_intent": intent.id, "amount": 3000})
    charge = await api.v1.charges.retrieve_async(intent.latest_charge)
    assert (charge.amount_refunded, charge.refunded) == (3000, False)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        await api.v1.refunds.create_async({"charge": charge.id, "amount": 7001})
    await api.v1.refunds.create_async({"charge": charge.id})
    charge = await api.v1.charges.retrieve_async(charge.id)
    assert (charge.amount_refunded, charge.refunded) == (10000, True)
    rows = (await api.v1.refunds.list_async({"charge": charge.id})).data
    assert [row.amount for row in rows] == [7000, 3000]
    booked = (await rig.control("GET", "/book"))["totals"][0]
    assert (booked["gross"], booked["refunded"], booked["net"]) == (10000, 10000, 0)
    with pytest.raises(stripe.InvalidRequestError, match="already been refunded"):
        await api.v1.refunds.create_async({"charge": charge.id})


async def test_a_refund_can_fail_days_later_and_the_money_is_back(rig, api, sale):
    intent = await charged(api, customer=sale.customer.id)
    refund = await rig.control("POST", "/refunds", {"charge": intent.latest_charge})
    assert refund["status"] == "pending"
    await rig.advance(days=3)
    await rig.control("POST", f"/refunds/{refund['id']}/fail")
    shown = await api.v1.refunds.retrieve_async(refund["id"])
    assert (shown.status, shown.failure_reason) == ("failed", "lost_or_stolen_card")
    assert shown.failure_balance_transaction is not None
    charge = await api.v1.charges.retrieve_async(intent.latest_charge)
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    booked = (await rig.control("GET", "/book"))["totals"][0]
    assert (booked["refunded"], booked["net"]) == (0, 10000)
    assert "refund.failed" in rig.types()


async def test_test_cards_refund_as_stripes_do(rig, api):
    slow = await charged(api, payment_method="pm_card_pendingRefund")
    bad = await charged(api, payment_method="pm_card_refundFail")
    refunds = [
        await api.v1.refunds.create_async({"payment_intent": intent.id}) for intent in (slow, bad)
    ]
    assert [refund.status for refund in refunds] == ["pending", "succeeded"]
    await rig.advance(days=1)
    statuses = [(await api.v1.refunds.retrieve_async(refund.id)).status for refund in refunds]
    assert statuses == ["succeeded", "failed"]


@pytest.mark.parametrize(("end", "disputed", "entries"), [("win", 0, 2), ("lose", 10000, 1)])
async def test_a_dispute_takes_money_and_may_give_it_back(rig, api, sale, end, disputed, entries):
    intent = await charged(api, customer=sale.customer.id)
    dispute = await rig.control("POST", "/disputes", {"charge": intent.latest_charge})
    assert dispute["status"] == "needs_response"
    assert (await rig.control("GET", "/book"))["totals"][0]["disputed"] == 10000
    await rig.control("POST", f"/disputes/{dispute['id']}/submit")
    closed = await rig.control("POST", f"/disputes/{dispute['id']}/{end}")
    assert len(closed["balance_transactions"]) == entries
    assert closed["balance_transactions"][0]["fee"] == 1500
    booked = (await rig.control("GET", "/book"))["totals"][0]
    assert (booked["disputed"], booked["net"]) == (disputed, 10000 - disputed)
    expected = ["charge.dispute.closed"]
    if end == "win":
        expected.append("charge.dispute.funds_reinstated")
    assert rig.types()[-len(expected) :] == expected


async def test_an_inquiry_takes_no_money_until_it_escalates(rig, api, sale):
    intent = await charged(api, customer=sale.customer.id)
    body = {"charge": intent.latest_charge, "inquiry": True}
    inquiry = await rig.control("POST", "/disputes", body)
    assert (inquiry["status"], inquiry["balance_transactions"]) == ("warning_needs_response", [])
    assert (await rig.control("GET", "/book"))["totals"][0]["disputed"] == 0
    raised = await rig.control("POST", f"/disputes/{inquiry['id']}/escalate")
    assert (raised["status"], len(raised["balance_transactions"])) == ("needs_response", 1)


async def test_a_credit_note_before_payment_lowers_what_is_due(rig, api, sale):
    subscription = await api.v1.subscriptions.create_async(
        {
            "customer": sale.customer.id,
            "items": [{"price": sale.price.id}],
            "collection_method": "send_invoice",
            "days_until_due": 30,
        }
    )
    await rig.advance(3600)
    invoice = subscription.latest_invoice
    note = await api.v1.credit_notes.create_async({"invoice": invoice, "amount": 900})
    assert (note.type, note.pre_payment_amount) == ("pre_payment", 900)
    shown = await api.v1.invoices.retrieve_async(invoice)
    assert (shown.total, shown.amount_due) == (9900, 9000)
    paid = await api.v1.invoices.pay_async(invoice)
    assert (paid.status, paid.amount_paid) == ("paid", 9000)
    booked = (await rig.control("GET", "/book"))["totals"][0]
    assert (booked["gross"], booked["receivable"]) == (9000, 0)


async def test_money_given_back_outside_stripe_is_cash_of_its_own(rig, api, bill):
    invoice = await bill()
    await api.v1.credit_notes.create_async(
        {"invoice": invoice.id, "amount": 500, "out_of_band_amount": 500}
    )
    booked = (await rig.control("GET", "/book"))["totals"][0]
    assert (booked["gross"], booked["out_of_band"], booked["net"]) == (9400, -500, 9400)


async def test_one_off_lines_are_on_the_first_invoice_only(rig, api, sale):
    setup = await api.v1.prices.create_async(
        {"product": sale.product.id, "currency": "usd", "unit_amount": 25000}
    )
    await api.v1.invoice_items.create_async(
        {"customer": sale.customer.id, "amount": 1500, "currency": "usd"}
    )
    subscription = await api.v1.subscriptions.create_async(
        {
            "customer": sale.customer.id,
            "items": [{"price": sale.price.id}],
            "add_invoice_items": [{"price": setup.id}],
        }
    )
    await rig.advance(days=31)
    page = await api.v1.invoices.list_async({"subscription": subscription.id})
    assert [invoice.amount_paid for invoice in page.data] == [9900, 9900 + 25000 + 1500]


async def test_a_voided_invoice_owes_nothing(rig, api, sale):
    await api.v1.invoice_items.create_async(
        {"customer": sale.customer.id, "amount": 1500, "currency": "usd"}
    )
    invoice = await api.v1.invoices.create_async(
        {"customer": sale.customer.id, "pending_invoice_items_behavior": "include"}
    )
    await api.v1.invoices.finalize_invoice_async(invoice.id)
    assert (await rig.control("GET", "/book"))["totals"][0]["receivable"] == 1500
    await api.v1.invoices.void_invoice_async(invoice.id)
    assert (await rig.control("GET", "/book"))["totals"][0]["receivable"] == 0
    with pytest.raises(stripe.InvalidRequestError):
        await api.v1.invoices.pay_async(invoice.id)


async def test_a_bad_debt_can_be_paid_after_all(rig, api, sale):
    await api.v1.invoice_items.create_async(
        {"customer": sale.customer.id, "amount": 1500, "currency": "usd"}
    )
    invoice = await api.v1.invoices.create_async(
        {"customer": sale.customer.id, "pending_invoice_items_behavior": "include"}
    )
    await api.v1.invoices.finalize_invoice_async(invoice.id)
    await api.v1.invoices.mark_uncollectible_async(invoice.id)
    assert (await rig.control("GET", "/book"))["totals"][0]["receivable"] == 0
    paid = await api.v1.invoices.pay_async(invoice.id)
    assert paid.status == "paid"
    booked = (await rig.control("GET", "/book"))["totals"][0]
    assert (booked["gross"], booked["receivable"]) == (1500, 0)


async def test_a_payment_that_stood_alone_can_become_an_invoices(rig, api, sale):
    alone = await charged(api, 900, customer=sale.customer.id)
    await api.v1.invoice_items.create_async(
        {"customer": sale.customer.id, "amount": 1500, "currency": "usd"}
    )
    invoice = await api.v1.invoices.create_async(
        {"customer": sale.customer.id, "pending_invoice_items_behavior": "include"}
    )
    await api.v1.invoices.finalize_invoice_async(invoice.id)
    part = await api.v1.invoices.attach_payment_async(invoice.id, {"payment_intent": alone.id})
    assert (part.status, part.amount_paid, part.amount_remaining) == ("open", 900, 600)
    paid = await api.v1.invoices.pay_async(invoice.id)
    assert (paid.status, paid.amount_paid) == ("paid", 1500)
    charge = await rig.raw(f"/v1/charges/{alone.latest_charge}", "2025-02-24.acacia")
    assert charge["invoice"] == invoice.id
    booked = (await rig.control("GET", "/book"))["totals"][0]
    assert (booked["gross"], booked["receivable"]) == (1500, 0)


async def test_a_credit_note_for_all_that_is_due_pays_the_invoice(rig, api, sale):
    await api.v1.invoice_items.create_async(
        {"customer": sale.customer.id, "amount": 1500, "currency": "usd"}
    )
    invoice = await api.v1.invoices.create_async(
        {"customer": sale.customer.id, "pending_invoice_items_behavior": "include"}
    )
    await api.v1.invoices.finalize_invoice_async(invoice.id)
    await api.v1.credit_notes.create_async({"invoice": invoice.id, "amount": 1500})
    shown = await api.v1.invoices.retrieve_async(invoice.id, {"expand": ["payments"]})
    assert (shown.status, shown.amount_paid) == ("paid", 0)
    assert [payment.status for payment in shown.payments.data] == ["canceled"]
    booked = (await rig.control("GET", "/book"))["totals"][0]
    assert (booked["gross"], booked["receivable"]) == (0, 0)


async def test_what_is_too_small_to_charge_goes_on_the_balance(rig, api, sale):
    tiny = await api.v1.prices.create_async(
        {
            "product": sale.product.id,
            "currency": "usd",
            "unit_amount": 30,
            "recurring": {"interval": "month"},
        }
    )
    subscription = await api.v1.subscriptions.create_async(
        {"customer": sale.customer.id, "items": [{"price": tiny.id}]}
    )
    assert subscription.status == "active"
    await rig.advance(3600, days=28)
    page = await api.v1.invoices.list_async({"subscription": subscription.id})
    assert [(row.amount_due, row.amount_paid) for row in page.data] == [(60, 60), (0, 0)]
    booked = (await rig.control("GET", "/book"))["totals"][0]
    assert (booked["gross"], booked["receivable"]) == (60, 0)


async def test_a_customers_own_coupon_counts_when_the_subscription_has_none(rig, api, sale, bill):
    half = await api.v1.coupons.create_async({"percent_off": 50, "duration": "forever"})
    old = rig.client("2025-02-24.acacia")
    customer = await old.v1.customers.update_async(sale.customer.id, {"coupon": half.id})
    assert customer.discount.coupon.id == half.id
    assert (await bill()).total == 4950
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter: coupon"):
        await api.v1.customers.update_async(sale.customer.id, {"coupon": half.id})


@pytest.mark.parametrize(
    ("card", "status"),
    [
        ("pm_card_createDispute", "needs_response"),
        ("pm_card_createDisputeInquiry", "warning_needs_response"),
    ],
)
async def test_a_disputing_test_card_disputes_at_once(api, card, status):
    intent = await charged(api, payment_method=card)
    disputes = await api.v1.disputes.list_async({"payment_intent": intent.id})
    assert [dispute.status for dispute in disputes.data] == [status]


async def test_test_evidence_decides_a_dispute(api):
    intent = await charged(api, payment_method="pm_card_createDispute")
    dispute = (await api.v1.disputes.list_async({"charge": intent.latest_charge})).data[0]
    won = await api.v1.disputes.update_async(
        dispute.id, {"evidence": {"uncategorized_text": "winning_evidence"}}
    )
    assert (won.status, len(won.balance_transactions)) == ("won", 2)


async def test_a_disputed_charge_cannot_be_refunded(api):
    intent = await charged(api, payment_method="pm_card_createDispute")
    with pytest.raises(stripe.InvalidRequestError, match="charged back"):
        await api.v1.refunds.create_async({"payment_intent": intent.id})
