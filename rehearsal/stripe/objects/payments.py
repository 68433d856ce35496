"""Money that moves: payment intents, charges, refunds, disputes, balance transactions."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar


@dataclass(slots=True, kw_only=True)
class PaymentIntent:
    object: ClassVar[str] = "payment_intent"
    id: str
    created: int
    amount: int
    currency: str
    status: str
    client_secret: str
    customer: str | None = None
    invoice: str | None = None
    payment_method: str | None = None
    capture_method: str = "automatic_async"
    confirmation_method: str = "automatic"
    description: str | None = None
    receipt_email: str | None = None
    setup_future_usage: str | None = None
    statement_descriptor: str | None = None
    latest_charge: str | None = None
    amount_capturable: int = 0
    amount_received: int = 0
    canceled_at: int | None = None
    cancellation_reason: str | None = None
    error_code: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Charge:
    object: ClassVar[str] = "charge"
    id: str
    created: int
    amount: int
    currency: str
    status: str
    payment_intent: str
    payment_method: str
    customer: str | None = None
    invoice: str | None = None
    captured: bool = True
    amount_captured: int = 0
    amount_refunded: int = 0
    released: int = 0
    """Authorised and not captured, where Stripe calls that a refund (before basil)."""
    refunded: bool = False
    disputed: bool = False
    balance_transaction: str | None = None
    description: str | None = None
    receipt_email: str | None = None
    statement_descriptor: str | None = None
    failure_code: str | None = None
    failure_balance_transaction: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Refund:
    object: ClassVar[str] = "refund"
    id: str
    created: int
    amount: int
    currency: str
    charge: str
    payment_intent: str
    status: str
    customer: str | None = None
    reason: str | None = None
    failure_reason: str | None = None
    pending_reason: str | None = None
    balance_transaction: str | None = None
    failure_balance_transaction: str | None = None
    releases: bool = False
    """It only let go of what was authorised; no money moved."""
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Dispute:
    object: ClassVar[str] = "dispute"
    id: str
    created: int
    amount: int
    currency: str
    charge: str
    payment_intent: str
    status: str
    reason: str
    due_by: int
    balance_transactions: list[str] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class BalanceTransaction:
    """A line of Stripe's balance, in the settlement currency; ``source`` names what moved it."""

    object: ClassVar[str] = "balance_transaction"
    id: str
    created: int
    amount: int
    fee: int
    currency: str
    type: str
    reporting_category: str
    source: str
    available_on: int
    description: str | None = None
    exchange_rate: Decimal | None = None

    @property
    def net(self) -> int:
        return self.amount - self.fee
