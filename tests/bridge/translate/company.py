"""A company whose customers pay, take back, dispute and are credited, on a stand-in's world.

A move that Stripe would refuse raises its StripeError.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TypeVar

from rehearsal.stripe.clock import Clock
from rehearsal.stripe.engine import (
    credit_notes,
    disputes,
    due,
    invoices,
    paying,
    payments,
    refunds,
)
from rehearsal.stripe.engine import subscriptions as billing
from rehearsal.stripe.engine.subscriptions import NewItem, NewSubscription
from rehearsal.stripe.errors import StripeError
from rehearsal.stripe.objects.catalog import Price, Product, Recurring, TaxRate
from rehearsal.stripe.objects.customers import Customer
from rehearsal.stripe.objects.invoices import Invoice
from rehearsal.stripe.objects.payments import Charge, Dispute, Refund
from rehearsal.stripe.periods import DAY
from rehearsal.stripe.world import World

T = TypeVar("T")

NOW = 1_769_860_800


class Company:
    """``size`` (5 to 400) says how much or which; amounts are whole tens of minor units."""

    def __init__(self, version: str, currency: str, percentage: int) -> None:
        self.world = world = World(clock=Clock(NOW, frozen=True), seed=3)
        world.account.api_version = version
        self.currency = currency
        rate = TaxRate(
            id="txr_1",
            created=NOW,
            display_name="VAT",
            percentage=Decimal(percentage),
            inclusive=percentage % 2 == 0,
        )
        self.rate = world.tax_rates.add(rate)
        world.products.add(Product(id="prod_1", created=NOW, updated=NOW, name="Pro"))
        price = Price(
            id="price_1",
            created=NOW,
            currency=currency,
            product="prod_1",
            unit_amount=Decimal(9990),
            recurring=Recurring("month", 1, "licensed"),
        )
        self.price = world.prices.add(price)
        self.customers = [self._customer(n) for n in range(2)]
        for who in range(2):
            self.subscribe(who, 3)  # paid by card at once
            self.subscribe(who, 4)  # sent, and open

    def _customer(self, n: int) -> Customer:
        customer = self.world.customers.add(
            Customer(id=f"cus_{n}", created=NOW, invoice_prefix=f"PRE{n}", name=f"Customer {n}")
        )
        method = payments.payment_method(self.world, "pm_card_visa")
        payments.attach(self.world, method, customer.id)
        customer.default_payment_method = method.id
        return customer

    def subscribe(self, who: int, size: int) -> None:
        sent = size % 3 > 0
        billing.create(
            self.world,
            NewSubscription(
                customer=self.customers[who],
                items=[NewItem(self.price, size % 5 + 1)],
                default_tax_rates=[self.rate.id],
                collection_method="send_invoice" if sent else "charge_automatically",
                days_until_due=10 if sent else None,
            ),
        )
        for row in list(self.world.invoices):
            if row.status == "draft":
                invoices.finalize(self.world, row)

    def charge(self, who: int, size: int) -> None:
        cards = ("pm_card_visa", "pm_card_pendingRefund", "pm_card_refundFail")
        intent = payments.new_intent(
            self.world, amount=size * 10, currency=self.currency, status="requires_confirmation"
        )
        intent.customer = self.customers[who].id
        intent.capture_method = "manual" if size % 2 else "automatic"
        payments.create_intent(self.world, intent)
        payments.confirm(self.world, intent, payments.payment_method(self.world, cards[size % 3]))
        if size % 4 == 1:
            payments.capture(self.world, intent, size // 2 * 10)

    def release(self, who: int, size: int) -> None:
        held = [row for row in self.world.payment_intents if row.status == "requires_capture"]
        payments.cancel(self.world, _one(held, size), None)

    def refund(self, who: int, size: int) -> None:
        charge = self._charge(size)
        left = charge.amount_captured - charge.amount_refunded
        amount = None if size % 3 == 0 else min(size * 10, left)
        status = "pending" if size % 5 == 0 else None
        refunds.create(self.world, charge, amount, "duplicate", {}, status=status)

    def settle_refund(self, who: int, size: int) -> None:
        row: Refund = _pick(self.world.refunds, size)
        moves = (refunds.fail, refunds.cancel, refunds.succeed)
        moves[size // 5 % 3](self.world, row)

    def fail(self, who: int, size: int) -> None:
        payments.fail(self.world, self._charge(size))

    def dispute(self, who: int, size: int) -> None:
        charge = self._charge(size)
        amount = min(charge.amount_captured, size * 10 if size % 2 else charge.amount_captured)
        disputes.open_dispute(self.world, charge, amount, "fraudulent", inquiry=size % 7 == 0)

    def decide(self, who: int, size: int) -> None:
        row: Dispute = _pick(self.world.disputes, size)
        moves = (disputes.win, disputes.lose, disputes.escalate, disputes.submit)
        moves[size // 3 % 4](self.world, row)

    def pay(self, who: int, size: int) -> None:
        invoice = self._open(size)
        method = paying.payment_method_for(self.world, invoice)
        assert method is not None
        paying.attempt(self.world, invoice, method, automatic=False)

    def pay_outside(self, who: int, size: int) -> None:
        invoice = self._open(size)
        part = min(size * 10, invoice.amount_remaining)
        paying.pay_out_of_band(self.world, invoice, part if size % 2 else None)

    def attach(self, who: int, size: int) -> None:
        """A payment that stands alone, or the rest of one, goes to an open invoice."""
        world = self.world
        pairs = [
            (invoice, intent)
            for invoice in world.invoices
            for intent in world.payment_intents
            if invoice.status == "open"
            and (intent.customer, intent.status) == (invoice.customer, "succeeded")
            and intent.amount_received
            > sum(
                each.amount_paid or 0
                for each in world.invoice_payments.by("payment_intent", intent.id)
            )
        ]
        paying.attach_payment(world, *_one(pairs, size))

    def credit(self, who: int, size: int) -> None:
        rows = [row for row in self.world.invoices if row.status in ("open", "paid")]
        invoice = _one(rows, size)
        unpaid = invoice.amount_remaining if invoice.status == "open" else 0
        after = max(size * 10 - unpaid, 0)
        ways = {0: "refund_amount", 1: "credit_amount", 2: "out_of_band_amount"}
        parts: dict[str, int | None] = dict.fromkeys(ways.values())
        parts[ways[size % 3]] = after or None
        credit_notes.create(
            self.world,
            invoice,
            size * 10,
            refund_amount=parts["refund_amount"],
            credit_amount=parts["credit_amount"],
            out_of_band_amount=parts["out_of_band_amount"],
            reason=None,
            memo=None,
            metadata={},
        )

    def void_credit(self, who: int, size: int) -> None:
        credit_notes.void(self.world, _pick(self.world.credit_notes, size))

    def wait(self, who: int, size: int) -> None:
        """Seconds, so that some moves share one; at times days."""
        self.advance(size % 13 * DAY if size % 5 == 0 else size % 3)

    def advance(self, seconds: int) -> None:
        due.run(self.world, self.world.now() + seconds)

    def _charge(self, size: int) -> Charge:
        """One that took money; mostly one with tax in it."""
        rows = [row for row in self.world.charges if row.status == "succeeded" and row.captured]
        taxed = [row for row in rows if row.invoice]
        return _one(taxed if taxed and size % 4 else rows, size)

    def _open(self, size: int) -> Invoice:
        return _one([row for row in self.world.invoices if row.status == "open"], size)


MOVES = (
    Company.subscribe,
    Company.charge,
    Company.release,
    Company.refund,
    Company.refund,
    Company.refund,
    Company.dispute,
    Company.settle_refund,
    Company.fail,
    Company.dispute,
    Company.decide,
    Company.pay,
    Company.pay_outside,
    Company.attach,
    Company.attach,
    Company.credit,
    Company.void_credit,
    Company.wait,
)


def _pick(rows: Iterable[T], size: int) -> T:
    return _one(list(rows), size)


def _one(rows: list[T], size: int) -> T:
    if not rows:
        raise StripeError("there is none")
    return rows[size % len(rows)]
