"""Checkout sessions."""

from __future__ import annotations

from ...jsontypes import Body
from ...objects.checkout import CheckoutSession, SessionLine
from ...pricing import price_amount
from ...world import World
from . import catalog, shapes


def session(world: World, subject: CheckoutSession) -> Body:
    """A session; ``line_items`` only come when expanded."""
    total = sum(price_amount(world.prices[each.price], each.quantity) for each in subject.lines)
    invoice = world.invoices[subject.invoice] if subject.invoice else None
    details: Body | None = None
    if subject.customer_email is not None or subject.customer is not None:
        details = {
            "address": None,
            "email": subject.customer_email,
            "name": subject.customer_name,
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": None,
        }
    return {
        "id": subject.id,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": invoice.subtotal if invoice else total,
        "amount_total": invoice.total if invoice else total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "cancel_url": subject.cancel_url,
        "client_reference_id": subject.client_reference_id,
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": subject.created,
        "currency": subject.currency,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": subject.customer,
        "customer_account": None,
        "customer_creation": None if subject.mode == "subscription" else "if_required",
        "customer_details": details,
        "customer_email": subject.customer_email,
        "discounts": [{"coupon": each, "promotion_code": None} for each in subject.coupons],
        "expires_at": subject.expires_at,
        "invoice": subject.invoice,
        "invoice_creation": None,
        "livemode": world.livemode,
        "locale": None,
        "metadata": dict(subject.metadata),
        "mode": subject.mode,
        "origin_context": None,
        "payment_intent": subject.payment_intent,
        "payment_link": None,
        "payment_method_collection": "always" if subject.mode == "subscription" else "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "payment_status": subject.payment_status,
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": subject.status,
        "submit_type": None,
        "subscription": subject.subscription,
        "success_url": subject.success_url,
        "total_details": {
            "amount_discount": sum(invoice.discount_amounts.values()) if invoice else 0,
            "amount_shipping": 0,
            "amount_tax": invoice.tax if invoice else 0,
        },
        "ui_mode": "hosted_page",
        "url": (
            f"https://checkout.stripe.com/c/pay/{subject.id}" if subject.status == "open" else None
        ),
        "wallet_options": None,
    }


def line_items(world: World, subject: CheckoutSession) -> Body:
    """What ``expand[]=line_items`` adds to a session."""

    def one(each: SessionLine) -> Body:
        price = world.prices[each.price]
        amount = price_amount(price, each.quantity)
        return {
            "id": each.id,
            "object": "item",
            "amount_discount": 0,
            "amount_subtotal": amount,
            "amount_tax": 0,
            "amount_total": amount,
            "currency": subject.currency,
            "description": world.products[price.product].name,
            "price": catalog.price(world, price),
            "quantity": each.quantity,
        }

    return shapes.listing(
        f"/v1/checkout/sessions/{subject.id}/line_items", [one(each) for each in subject.lines]
    )
