"""An invoice's life: draft, open, paid, void, uncollectible (Stripe docs, "Status transitions")."""

from __future__ import annotations

from decimal import Decimal

from .. import book
from ..book import Entry
from ..errors import StripeError
from ..events import emit
from ..money import MINIMUM_CHARGE, rounded
from ..objects.invoices import Invoice, InvoiceItem, InvoicePayment, Line, LineTax
from ..periods import DAY
from ..world import World
from . import balance, cash, discounting, payments, standing


def price(world: World, invoice: Invoice, *, starting: int) -> None:
    """Take in pending items, then discounts and tax, for an invoice that nobody has seen yet.

    ``starting``: when the service begins that it bills, which discounts are judged by.
    """
    add_pending_items(world, invoice)
    discounting.apply(world, invoice, starting=starting)
    apply_taxes(world, invoice)


def open_draft(world: World, invoice: Invoice) -> Invoice:
    """Let a priced invoice be known as a draft."""
    world.invoices.add(invoice)
    emit(world, "invoice.created", invoice)
    return invoice


def add_pending_items(world: World, invoice: Invoice) -> None:
    """Take in the customer's invoice items that wait for an invoice."""
    for item in world.invoice_items.by("customer", invoice.customer):
        waits = item.invoice is None and not item.deleted and item.currency == invoice.currency
        if waits and item.subscription in (None, invoice.subscription):
            _take_in(world, invoice, item)


def add_to_draft(world: World, invoice: Invoice, item: InvoiceItem) -> None:
    """Put one item on a draft that is known already."""
    _take_in(world, invoice, item)
    apply_taxes(world, invoice)
    emit(world, "invoice.updated", invoice)


def _take_in(world: World, invoice: Invoice, item: InvoiceItem) -> None:
    item.invoice = invoice.id
    invoice.lines.append(
        Line(
            id=world.ids.new("il"),
            created=world.now(),
            amount=item.amount,
            currency=item.currency,
            description=item.description,
            period_start=item.period_start,
            period_end=item.period_end,
            price=item.price,
            product=item.product,
            quantity=item.quantity,
            unit_amount=item.unit_amount,
            subscription=item.subscription,
            subscription_item=item.subscription_item,
            invoice_item=item.id,
            proration=item.proration,
            discountable=item.discountable,
            tax_rates=list(item.tax_rates),
            metadata=dict(item.metadata),
        )
    )


def apply_taxes(world: World, invoice: Invoice) -> None:
    """Tax on each line by its own rates, else the invoice's, on what discounts left."""
    for line in invoice.lines:
        line.taxes.clear()
        for ref in line.tax_rates or invoice.default_tax_rates:
            rate = world.tax_rates[ref]
            base = Decimal(line.discounted)
            divisor = 100 + rate.percentage if rate.inclusive else Decimal(100)
            amount = rounded(base * rate.percentage / divisor, line.currency)
            taxable = line.discounted - (amount if rate.inclusive else 0)
            line.taxes.append(LineTax(ref, amount, taxable, rate.inclusive))


def finalize(world: World, invoice: Invoice) -> Invoice:
    """Number the invoice, use the credit balance, ask for what is due; nothing due is paid.

    Raises:
        StripeError: it is not a draft.
    """
    if invoice.status != "draft":
        raise StripeError(
            "This invoice is already finalized, you can't re-finalize a non-draft invoice.",
            code="invoice_not_editable",
        )
    customer = world.customers[invoice.customer]
    invoice.number = f"{customer.invoice_prefix}-{customer.next_invoice_sequence:04d}"
    customer.next_invoice_sequence += 1
    if customer.currency is None:
        customer.currency = invoice.currency
        emit(world, "customer.updated", customer)
    invoice.status, invoice.finalized_at = "open", world.now()
    invoice.cannot_be_final = False
    invoice.automatically_finalizes_at = None
    if invoice.days_until_due is not None:
        invoice.due_date = world.now() + invoice.days_until_due * DAY
        world.agenda.at(invoice.due_date, "invoice_due", invoice.id)
        if world.settings.will_be_due_days:
            near = invoice.due_date - world.settings.will_be_due_days * DAY
            world.agenda.at(max(near, world.now()), "invoice_will_be_due", invoice.id)
    world.book.post(
        world.now(),
        invoice.id,
        "invoice",
        [
            Entry(book.RECEIVABLE, invoice.customer, invoice.currency, invoice.total),
            Entry(book.SALES, invoice.customer, invoice.currency, invoice.tax - invoice.total),
            Entry(book.TAX_INVOICED, invoice.customer, invoice.currency, -invoice.tax),
        ],
    )
    _use_balance(world, invoice)
    _carry_what_is_too_small(world, invoice)
    if invoice.amount_due:
        _ask(world, invoice)
    emit(world, "invoice.finalized", invoice)
    if not invoice.amount_due:
        invoice.attempted = True
        settle(world, invoice)
    return invoice


def _use_balance(world: World, invoice: Invoice) -> None:
    """Credit lowers what is due, debt raises it; a negative invoice becomes credit."""
    customer = world.customers[invoice.customer]
    invoice.starting_balance = customer.balance
    used = 0
    if customer.currency == invoice.currency:
        used = min(-customer.balance, invoice.total) if invoice.total > 0 else invoice.total
    if used:
        balance.change(
            world,
            customer,
            used,
            invoice.currency,
            "applied_to_invoice",
            invoice=invoice.id,
            against=book.RECEIVABLE,
        )
        invoice.applied_balance = -used
    invoice.ending_balance = customer.balance


def _carry_what_is_too_small(world: World, invoice: Invoice) -> None:
    """Less than Stripe charges goes on the balance, for the next invoice (docs, "Minimum")."""
    due = invoice.amount_due
    if invoice.collection_method != "charge_automatically":
        return
    if not 0 < due < MINIMUM_CHARGE.get(invoice.currency, 1):
        return
    customer = world.customers[invoice.customer]
    balance.change(
        world,
        customer,
        due,
        invoice.currency,
        "invoice_too_small",
        invoice=invoice.id,
        against=book.RECEIVABLE,
    )
    invoice.applied_balance -= due
    invoice.ending_balance = customer.balance


def _ask(world: World, invoice: Invoice) -> None:
    intent = payments.new_intent(
        world,
        amount=invoice.amount_due,
        currency=invoice.currency,
        status="requires_payment_method",
    )
    intent.customer, intent.invoice = invoice.customer, invoice.id
    intent.capture_method = "automatic"
    intent.description = {
        "subscription_create": "Subscription creation",
        "subscription_cycle": "Subscription update",
        "subscription_update": "Subscription update",
    }.get(invoice.billing_reason, f"Payment for Invoice {invoice.number}")
    invoice.payment_intent = intent.id
    payment = world.invoice_payments.add(
        InvoicePayment(
            id=world.ids.new("inpay"),
            created=world.now(),
            invoice=invoice.id,
            currency=invoice.currency,
            amount_requested=invoice.amount_due,
            is_default=True,
            payment_intent=intent.id,
        )
    )
    invoice.payments.append(payment.id)
    payments.create_intent(world, intent)


def settle(world: World, invoice: Invoice) -> None:
    """Nothing is due any more: the invoice is paid, its subscription in good standing."""
    invoice.status, invoice.paid_at = "paid", world.now()
    invoice.next_payment_attempt, invoice.auto_advance = None, False
    emit(world, "invoice.updated", invoice)
    emit(world, "invoice.paid", invoice)
    emit(world, "invoice.payment_succeeded", invoice)
    standing.after_paid(world, invoice)


def void(world: World, invoice: Invoice) -> Invoice:
    """As if it had never been asked for.

    Raises:
        StripeError: it is a draft, paid or void.
    """
    if invoice.status not in ("open", "uncollectible"):
        raise StripeError("You can only pass in open invoices. This invoice isn't open.")
    written_off = invoice.status == "uncollectible"
    invoice.status, invoice.voided_at = "void", world.now()
    invoice.auto_advance, invoice.next_payment_attempt = False, None
    cancel_intent(world, invoice, "void_invoice")
    left = invoice.amount_remaining
    tax = cash.tax_within(world, invoice.id, left)
    other = book.WRITTEN_OFF if written_off else book.RECEIVABLE
    world.book.post(
        world.now(),
        invoice.id,
        "void",
        [
            Entry(other, invoice.customer, invoice.currency, -left),
            Entry(book.SALES, invoice.customer, invoice.currency, left - tax),
            Entry(book.TAX_INVOICED, invoice.customer, invoice.currency, tax),
        ],
    )
    if invoice.applied_balance:
        balance.change(
            world,
            world.customers[invoice.customer],
            invoice.applied_balance,
            invoice.currency,
            "unapplied_from_invoice",
            invoice=invoice.id,
        )
    emit(world, "invoice.voided", invoice)
    emit(world, "invoice.updated", invoice)
    return invoice


def mark_uncollectible(world: World, invoice: Invoice) -> Invoice:
    """A bad debt, which can still be paid or voided."""
    need_open(invoice)
    invoice.status, invoice.marked_uncollectible_at = "uncollectible", world.now()
    invoice.auto_advance, invoice.next_payment_attempt = False, None
    left = invoice.amount_remaining
    world.book.post(
        world.now(),
        invoice.id,
        "write_off",
        [
            Entry(book.WRITTEN_OFF, invoice.customer, invoice.currency, left),
            Entry(book.RECEIVABLE, invoice.customer, invoice.currency, -left),
        ],
    )
    emit(world, "invoice.marked_uncollectible", invoice)
    emit(world, "invoice.updated", invoice)
    return invoice


def reopen(world: World, invoice: Invoice) -> None:
    """A bad debt is paid after all: it is owed again first."""
    left = invoice.amount_remaining
    invoice.status = "open"
    world.book.post(
        world.now(),
        invoice.id,
        "write_off_reversed",
        [
            Entry(book.RECEIVABLE, invoice.customer, invoice.currency, left),
            Entry(book.WRITTEN_OFF, invoice.customer, invoice.currency, -left),
        ],
    )


def need_open(invoice: Invoice) -> None:
    """Refuse what only an open invoice allows."""
    if invoice.status == "paid":
        raise StripeError("Invoice is already paid", code="invoice_already_paid")
    if invoice.status != "open":
        raise StripeError(
            f"This operation requires an open invoice; {invoice.id} is {invoice.status}.",
            code="invoice_not_editable",
        )


def cancel_intent(world: World, invoice: Invoice, reason: str) -> None:
    """An invoice that will not be paid by its own intent cancels it."""
    if invoice.payment_intent is None:
        return
    intent = world.payment_intents[invoice.payment_intent]
    if intent.status not in ("succeeded", "canceled"):
        payments.cancel(world, intent, reason)
        own = world.invoice_payments[invoice.payments[0]]
        own.status, own.canceled_at = "canceled", world.now()
