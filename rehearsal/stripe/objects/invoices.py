"""Invoices: what is asked for, and how it was paid."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class LineTax:
    rate: str
    amount: int
    taxable_amount: int
    inclusive: bool


@dataclass(slots=True, kw_only=True)
class Line:
    """``amount`` is before discounts and, unless inclusive, before tax."""

    object: ClassVar[str] = "line_item"
    id: str
    created: int
    amount: int
    currency: str
    description: str | None
    period_start: int
    period_end: int
    price: str | None = None
    product: str | None = None
    quantity: int | None = None
    unit_amount: Decimal | None = None
    subscription: str | None = None
    subscription_item: str | None = None
    invoice_item: str | None = None
    proration: bool = False
    discountable: bool = True
    discounts: list[str] = field(default_factory=list)
    discount_amounts: list[tuple[str, int]] = field(default_factory=list)
    tax_rates: list[str] = field(default_factory=list)
    taxes: list[LineTax] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def discounted(self) -> int:
        return self.amount - sum(amount for _, amount in self.discount_amounts)


@dataclass(slots=True, kw_only=True)
class Invoice:
    object: ClassVar[str] = "invoice"
    id: str
    created: int
    customer: str
    currency: str
    collection_method: str
    billing_reason: str
    period_start: int
    period_end: int
    subscription: str | None = None
    subscription_metadata: dict[str, str] = field(default_factory=dict)
    status: str = "draft"
    lines: list[Line] = field(default_factory=list)
    discounts: list[str] = field(default_factory=list)
    default_payment_method: str | None = None
    default_tax_rates: list[str] = field(default_factory=list)
    description: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    auto_advance: bool = True
    cannot_be_final: bool = False
    automatically_finalizes_at: int | None = None
    number: str | None = None
    attempt_count: int = 0
    attempted: bool = False
    next_payment_attempt: int | None = None
    days_until_due: int | None = None
    due_date: int | None = None
    starting_balance: int = 0
    ending_balance: int | None = None
    applied_balance: int = 0
    amount_paid: int = 0
    paid_off_stripe: int = 0
    paid_out_of_band: bool = False
    pre_payment_credit_notes: int = 0
    post_payment_credit_notes: int = 0
    finalized_at: int | None = None
    paid_at: int | None = None
    voided_at: int | None = None
    marked_uncollectible_at: int | None = None
    payment_intent: str | None = None
    charge: str | None = None
    payments: list[str] = field(default_factory=list)

    @property
    def subtotal(self) -> int:
        return sum(line.amount for line in self.lines)

    @property
    def discount_amounts(self) -> dict[str, int]:
        """Amount by discount, in the order in which they were applied."""
        totals: dict[str, int] = {}
        for line in self.lines:
            for discount, amount in line.discount_amounts:
                totals[discount] = totals.get(discount, 0) + amount
        return totals

    @property
    def tax(self) -> int:
        return sum(tax.amount for line in self.lines for tax in line.taxes)

    @property
    def exclusive_tax(self) -> int:
        return sum(t.amount for line in self.lines for t in line.taxes if not t.inclusive)

    @property
    def total(self) -> int:
        return sum(line.discounted for line in self.lines) + self.exclusive_tax

    @property
    def amount_due(self) -> int:
        """What is to be paid, after the credit balance and credit notes issued before payment."""
        return max(self.total - self.pre_payment_credit_notes + self.applied_balance, 0)

    @property
    def amount_remaining(self) -> int:
        return max(self.amount_due - self.amount_paid, 0)


@dataclass(slots=True, kw_only=True)
class InvoiceItem:
    object: ClassVar[str] = "invoiceitem"
    id: str
    created: int
    customer: str
    currency: str
    amount: int
    description: str | None
    period_start: int
    period_end: int
    quantity: int = 1
    unit_amount: Decimal | None = None
    price: str | None = None
    product: str | None = None
    subscription: str | None = None
    subscription_item: str | None = None
    proration: bool = False
    discountable: bool = True
    tax_rates: list[str] = field(default_factory=list)
    invoice: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    deleted: bool = False


@dataclass(slots=True, kw_only=True)
class InvoicePayment:
    """One payment of an invoice: by a payment intent, or one that Stripe did not process."""

    object: ClassVar[str] = "invoice_payment"
    id: str
    created: int
    invoice: str
    currency: str
    amount_requested: int
    is_default: bool
    payment_intent: str | None = None
    payment_record: str | None = None
    amount_paid: int | None = None
    status: str = "open"
    paid_at: int | None = None
    canceled_at: int | None = None
