"""The book balances whatever happens, and says what the API says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rehearsal.stripe import book as accounts
from rehearsal.stripe.book import Book, Entry, Unbalanced
from rehearsal.stripe.clock import Clock
from rehearsal.stripe.engine import credit_notes, disputes, due, invoices, paying, payments, refunds
from rehearsal.stripe.engine import subscriptions as billing
from rehearsal.stripe.engine.subscriptions import NewItem, NewSubscription
from rehearsal.stripe.errors import StripeError
from rehearsal.stripe.objects.catalog import Price, Product, Recurring, TaxRate
from rehearsal.stripe.objects.customers import Customer
from rehearsal.stripe.objects.payments import Charge
from rehearsal.stripe.periods import DAY
from rehearsal.stripe.render import render
from rehearsal.stripe.versions import NEWEST
from rehearsal.stripe.world import World

NOW = 1_769_860_800


def test_a_posting_that_does_not_balance_is_refused():
    with pytest.raises(Unbalanced):
        Book().post(0, "ch_1", "charge", [Entry(accounts.CASH, "cus_1", "usd", 1)])


def test_a_posting_balances_in_each_currency_alone():
    entries = [
        Entry(accounts.CASH, "cus_1", "usd", 100),
        Entry(accounts.SALES, "cus_1", "eur", -100),
    ]
    with pytest.raises(Unbalanced):
        Book().post(0, "ch_1", "charge", entries)


class Company:
    """A company at work on a world; each move may be refused, as Stripe would."""

    def __init__(self, currency: str, inclusive: bool, percentage: int) -> None:
        self.world = world = World(clock=Clock(NOW, frozen=True), seed=3)
        self.rate = world.tax_rates.add(
            TaxRate(
                id="txr_1", created=NOW, display_name="VAT", percentage=Decimal(percentage),
                inclusive=inclusive,
            )
        )  # fmt: skip
        world.products.add(Product(id="prod_1", created=NOW, updated=NOW, name="Pro"))
        self.price = world.prices.add(
            Price(
                id="price_1", created=NOW, currency=currency, product="prod_1",
                unit_amount=Decimal(9990), recurring=Recurring("month", 1, "licensed"),
            )
        )  # fmt: skip
        self.currency = currency
        self.customers = [self._customer(n) for n in range(2)]

    def _customer(self, n: int) -> Customer:
        customer = self.world.customers.add(
            Customer(id=f"cus_{n}", created=NOW, invoice_prefix=f"PRE{n}")
        )
        method = payments.payment_method(self.world, "pm_card_visa")
        payments.attach(self.world, method, customer.id)
        customer.default_payment_method = method.id
        return customer

    def subscribe(self, who: int, size: int) -> None:
        billing.create(
            self.world,
            NewSubscription(
                customer=self.customers[who],
                items=[NewItem(self.price, size % 5 + 1)],
                default_tax_rates=[self.rate.id],
                collection_method="send_invoice" if size % 3 == 0 else "charge_automatically",
                days_until_due=10 if size % 3 == 0 else None,
            ),
        )

    def charge(self, who: int, size: int) -> None:
        intent = payments.new_intent(
            self.world, amount=size * 10, currency=self.currency, status="requires_confirmation"
        )
        intent.customer = self.customers[who].id
        intent.capture_method = "manual" if size % 2 else "automatic"
        payments.create_intent(self.world, intent)
        payments.confirm(self.world, intent, payments.payment_method(self.world, "pm_card_visa"))
        if size % 4 == 1:
            payments.capture(self.world, intent, size * 5)

    def refund(self, who: int, size: int) -> None:
        refunds.create(self.world, self._charge(size), size * 10, None, {})

    def fail_refund(self, who: int, size: int) -> None:
        rows = list(self.world.refunds)
        if rows:
            refunds.fail(self.world, rows[size % len(rows)])

    def dispute(self, who: int, size: int) -> None:
        charge = self._charge(size)
        disputes.open_dispute(self.world, charge, charge.amount_captured, "fraudulent")

    def close_dispute(self, who: int, size: int) -> None:
        rows = list(self.world.disputes)
        if rows:
            (disputes.win if size % 2 else disputes.lose)(self.world, rows[size % len(rows)])

    def pay_outside(self, who: int, size: int) -> None:
        rows = [row for row in self.world.invoices if row.status == "open"]
        if rows:
            paying.pay_out_of_band(self.world, rows[size % len(rows)])

    def pay_part_outside(self, who: int, size: int) -> None:
        rows = [row for row in self.world.invoices if row.status == "open"]
        if rows:
            paying.pay_out_of_band(self.world, rows[size % len(rows)], size * 10)

    def attach(self, who: int, size: int) -> None:
        rows = [row for row in self.world.invoices if row.status == "open"]
        alone = [row for row in self.world.payment_intents if row.status == "succeeded"]
        if rows and alone:
            invoice = rows[size % len(rows)]
            paying.attach_payment(self.world, invoice, alone[size % len(alone)])

    def fail(self, who: int, size: int) -> None:
        payments.fail(self.world, self._charge(size))

    def void_credit(self, who: int, size: int) -> None:
        rows = list(self.world.credit_notes)
        if rows:
            credit_notes.void(self.world, rows[size % len(rows)])

    def void(self, who: int, size: int) -> None:
        rows = [row for row in self.world.invoices if row.status == "open"]
        if rows:
            invoices.void(self.world, rows[size % len(rows)])

    def write_off(self, who: int, size: int) -> None:
        rows = [row for row in self.world.invoices if row.status == "open"]
        if rows:
            invoices.mark_uncollectible(self.world, rows[size % len(rows)])

    def credit(self, who: int, size: int) -> None:
        rows = [row for row in self.world.invoices if row.status in ("open", "paid")]
        if rows:
            row = rows[size % len(rows)]
            paid = row.status == "paid"
            credit_notes.create(
                self.world, row, size * 10, refund_amount=None,
                credit_amount=None if not paid or size % 2 else size * 10,
                out_of_band_amount=size * 10 if paid and size % 2 else None,
                reason=None, memo=None, metadata={},
            )  # fmt: skip

    def break_card(self, who: int, size: int) -> None:
        method = self.world.payment_methods[self.customers[who].default_payment_method or ""]
        method.declines_with = "generic_decline" if size % 2 else None

    def wait(self, who: int, size: int) -> None:
        due.run(self.world, self.world.now() + size % 45 * DAY)

    def _charge(self, size: int) -> Charge:
        rows = [row for row in self.world.charges if row.status == "succeeded"]
        if not rows:
            raise StripeError("there is no charge")
        return rows[size % len(rows)]


MOVES: list[Callable[[Company, int, int], None]] = [
    Company.subscribe,
    Company.charge,
    Company.refund,
    Company.fail_refund,
    Company.dispute,
    Company.close_dispute,
    Company.pay_outside,
    Company.pay_part_outside,
    Company.attach,
    Company.fail,
    Company.void_credit,
    Company.void,
    Company.write_off,
    Company.credit,
    Company.break_card,
    Company.wait,
]


def shown_by_the_api(world: World) -> dict[tuple[str, str], dict[str, int]]:
    """Cash by customer and currency, from what the API renders and nothing else."""
    sums: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))

    def body(subject):
        return render(world, subject, NEWEST)

    charges = {row.id: body(row) for row in world.charges}
    for charge in charges.values():
        if charge["captured"] and charge["status"] == "succeeded":
            key = charge["customer"], charge["currency"]
            sums[key]["gross"] += charge["amount_captured"]
    for row in map(body, world.refunds):
        charge = charges[row["charge"]]
        if charge["captured"] and row["status"] in ("pending", "succeeded"):
            sums[charge["customer"], row["currency"]]["refunded"] += row["amount"]
    for row in map(body, world.disputes):
        taken = len(row["balance_transactions"]) % 2
        charge = charges[row["charge"]]
        sums[charge["customer"], row["currency"]]["disputed"] += row["amount"] * taken
    paying = {row.id: body(row) for row in world.invoices}
    for row in map(body, world.invoice_payments):
        if row["payment"]["type"] == "payment_record" and row["status"] == "paid":
            key = paying[row["invoice"]]["customer"], row["currency"]
            sums[key]["out_of_band"] += row["amount_paid"]
    for row in map(body, world.credit_notes):
        key = row["customer"], row["currency"]
        sums[key]["out_of_band"] -= row["out_of_band_amount"] or 0
    for invoice in paying.values():
        if invoice["status"] == "open":
            key = invoice["customer"], invoice["currency"]
            sums[key]["receivable"] += invoice["amount_remaining"]
    return sums


@settings(max_examples=60, deadline=None)
@given(
    currency=st.sampled_from(["usd", "eur", "kwd", "chf"]),
    inclusive=st.booleans(),
    percentage=st.integers(0, 25),
    moves=st.lists(
        st.tuples(st.sampled_from(MOVES), st.integers(0, 1), st.integers(5, 400)),
        min_size=1,
        max_size=25,
    ),
)
def test_the_book_balances_and_agrees_with_the_api(currency, inclusive, percentage, moves):
    company = Company(currency, inclusive, percentage)
    for move, who, size in moves:
        try:
            move(company, who, size)
        except StripeError:
            continue
    world = company.world

    for posting in world.book.postings:
        sums: dict[str, int] = defaultdict(int)
        for entry in posting.entries:
            sums[entry.currency] += entry.amount
        assert not any(sums.values()), posting

    shown = shown_by_the_api(world)
    for customer in company.customers:
        held, api = world.book.totals(customer.id, currency), shown[customer.id, currency]
        assert held.out_of_band == api["out_of_band"]
        assert held.gross == api["gross"] + api["out_of_band"]
        assert held.refunded == api["refunded"]
        assert held.disputed == api["disputed"]
        assert held.net == held.gross - held.refunded - held.disputed
        assert held.receivable == api["receivable"]

    settled: dict[str, int] = defaultdict(int)
    for row in world.balance_transactions:
        settled[row.currency] += row.net
    for code, amount in settled.items():
        assert world.book.total(accounts.BALANCE, code) == amount
