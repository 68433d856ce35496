"""What a translation must know besides the event, and what is known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any


class Kind(StrEnum):
    """A question that one read of Stripe answers, and the id that it is asked with."""

    CUSTOMER = "customer"
    SUBSCRIPTION = "subscription"
    SUBSCRIPTIONS = "subscriptions"
    """Those of a customer that have not ended, as a list; by the customer's id."""
    SUBSCRIPTION_ITEMS = "subscription_items"
    """All items of a subscription, as a list: Stripe embeds only the first ones."""
    SUBSCRIPTION_DISCOUNTS = "subscription_discounts"
    """Those of its items too, as ``{discount id: discount}``."""
    COUPON = "coupon"
    """With ``applies_to``, which Stripe leaves out elsewhere."""
    COUPON_IN_CURRENCIES = "coupon_in_currencies"
    """With ``currency_options`` too: what it takes off in all of its currencies."""
    SCHEDULE = "schedule"
    PRODUCT = "product"
    PRICE = "price"
    """With ``tiers``, which Stripe leaves out of events."""
    PRICE_IN_CURRENCIES = "price_in_currencies"
    """With ``currency_options`` too: what it costs in all of its currencies."""
    INVOICE = "invoice"
    INVOICE_LINES = "invoice_lines"
    """All lines of an invoice, as a list."""
    INVOICE_PAYMENTS = "invoice_payments"
    """The payments of an invoice, as a list; payment intents and their latest charges expanded."""
    OPEN_INVOICES = "open_invoices"
    """The open invoices of a customer, as a list; by the customer's id."""
    FIRST_INVOICE = "first_invoice"
    """The first invoice of a subscription, by the subscription's id (with ``until``)."""
    PAYMENT_INVOICES = "payment_invoices"
    """The invoices that a payment intent pays, as a list of invoice payments; by its id."""
    PAYMENT_INTENT = "payment_intent"
    """With its latest charge."""
    PAYMENT_CHARGE = "payment_charge"
    """The latest charge of a payment intent, by the payment intent's id."""
    PAYMENT_SESSION = "payment_session"
    """The Checkout session that a payment intent came from, by the payment intent's id."""
    INVOICE_PAYMENT = "invoice_payment"
    CHARGE = "charge"
    REFUND = "refund"
    CHARGE_REFUNDS = "charge_refunds"
    """All refunds of a charge, as a list; the charge and balance transactions expanded."""
    DISPUTE = "dispute"
    CHARGE_DISPUTES = "charge_disputes"
    """All disputes of a charge, as a list; the charge expanded."""
    CREDIT_NOTE = "credit_note"
    INVOICE_CREDIT_NOTES = "invoice_credit_notes"
    """All credit notes of an invoice, as a list; the invoice expanded."""
    INVOICE_PAID_OUTSIDE = "invoice_paid_outside"
    """An invoice that Stripe has called paid out of band: since basil it does not say so."""
    BALANCE_TRANSACTION = "balance_transaction"
    CHECKOUT_SESSION = "checkout_session"
    """The Checkout session that a subscription came from, by the subscription's id."""


@dataclass(frozen=True, slots=True)
class Need:
    """Something to read from Stripe."""

    kind: Kind
    id: str
    since: dt.datetime | None = None
    """Only an answer of this moment or later will do; ``None``: a remembered one will. Stripe has
    told of the moment already: what is read from now on is of no earlier one."""
    until: dt.datetime | None = None
    """Only what was created by then is of interest."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What Stripe answered, and a moment of which it is surely so.

    ``object`` is ``None`` where Stripe knows no such thing.
    """

    object: dict[str, Any] | None
    as_of: dt.datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known; immutable, grown by ``StripeReader.resolve``."""

    known: Mapping[Need, Fact] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def empty(cls) -> Facts:
        """Nothing is known yet."""
        return cls()

    def get(self, need: Need) -> Fact | None:
        """The answer to a need, ``None`` while nobody has asked Stripe."""
        return self.known.get(need)

    def grow(self, found: Mapping[Need, Fact]) -> Facts:
        """These facts and more."""
        return Facts(MappingProxyType({**self.known, **found}))
