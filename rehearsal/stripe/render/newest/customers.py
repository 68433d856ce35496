"""Customers, payment methods, balance changes."""

from __future__ import annotations

from ...jsontypes import Body
from ...objects.customers import Customer, CustomerBalanceTransaction, PaymentMethod
from ...world import World
from . import discounts, shapes


def customer(world: World, subject: Customer) -> Body:
    if subject.deleted:
        return {"id": subject.id, "object": "customer", "deleted": True}
    discount = world.discounts[subject.discount] if subject.discount else None
    shipping: Body | None = None
    if subject.shipping_name is not None:
        shipping = {
            "address": shapes.address(subject.shipping_address),
            "name": subject.shipping_name,
            "phone": None,
        }
    return {
        "id": subject.id,
        "object": "customer",
        "address": shapes.address(subject.address),
        "balance": subject.balance,
        "created": subject.created,
        "currency": subject.currency,
        "customer_account": None,
        "default_source": None,
        "delinquent": subject.delinquent,
        "description": subject.description,
        "discount": discounts.discount(world, discount) if discount else None,
        "email": subject.email,
        "invoice_prefix": subject.invoice_prefix,
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": subject.default_payment_method,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": world.livemode,
        "metadata": dict(subject.metadata),
        "name": subject.name,
        "next_invoice_sequence": subject.next_invoice_sequence,
        "phone": subject.phone,
        "preferred_locales": list(subject.preferred_locales),
        "shipping": shipping,
        "tax_exempt": subject.tax_exempt,
        "test_clock": None,
    }


def payment_method(world: World, subject: PaymentMethod) -> Body:
    return {
        "id": subject.id,
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": billing_details(subject),
        "card": {
            **shapes.card(subject.brand, subject.last4),
            "checks": {"address_line1_check": None, "address_postal_code_check": None,
                       "cvc_check": "pass"},
            "display_brand": subject.brand,
            "generated_from": None,
            "networks": {"available": [subject.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": subject.created,
        "customer": subject.customer,
        "customer_account": None,
        "livemode": world.livemode,
        "metadata": dict(subject.metadata),
        "type": "card",
    }  # fmt: skip


def billing_details(subject: PaymentMethod) -> Body:
    """Who pays, on a payment method and on the charges that it makes."""
    return {
        "address": shapes.address(subject.billing_address or {}),
        "email": subject.billing_email,
        "name": subject.billing_name,
        "phone": subject.billing_phone,
        "tax_id": None,
    }


def balance_change(world: World, subject: CustomerBalanceTransaction) -> Body:
    return {
        "id": subject.id,
        "object": "customer_balance_transaction",
        "amount": subject.amount,
        "checkout_session": None,
        "created": subject.created,
        "credit_note": None,
        "currency": subject.currency,
        "customer": subject.customer,
        "customer_account": None,
        "description": subject.description,
        "ending_balance": subject.ending_balance,
        "invoice": subject.invoice,
        "livemode": world.livemode,
        "metadata": dict(subject.metadata),
        "type": subject.type,
    }
