"""Customers, their payment methods and their credit balance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(slots=True, kw_only=True)
class Customer:
    object: ClassVar[str] = "customer"
    id: str
    created: int
    invoice_prefix: str
    email: str | None = None
    name: str | None = None
    description: str | None = None
    phone: str | None = None
    address: dict[str, str | None] | None = None
    shipping_address: dict[str, str | None] | None = None
    shipping_name: str | None = None
    preferred_locales: list[str] = field(default_factory=list)
    tax_exempt: str = "none"
    metadata: dict[str, str] = field(default_factory=dict)
    balance: int = 0
    currency: str | None = None
    default_payment_method: str | None = None
    discount: str | None = None
    next_invoice_sequence: int = 1
    delinquent: bool = False
    deleted: bool = False


@dataclass(slots=True, kw_only=True)
class PaymentMethod:
    """A card, and how the test card that it was made from behaves.

    ``authenticates``: each payment waits for the customer (3D Secure).
    """

    object: ClassVar[str] = "payment_method"
    id: str
    created: int
    brand: str
    last4: str
    customer: str | None = None
    billing_email: str | None = None
    billing_name: str | None = None
    billing_phone: str | None = None
    billing_address: dict[str, str | None] | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    declines_with: str | None = None
    refunds: str = "succeeded"
    disputes: str | None = None
    authenticates: bool = False


@dataclass(slots=True, kw_only=True)
class CustomerBalanceTransaction:
    object: ClassVar[str] = "customer_balance_transaction"
    id: str
    created: int
    customer: str
    amount: int
    currency: str
    ending_balance: int
    type: str
    invoice: str | None = None
    description: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
