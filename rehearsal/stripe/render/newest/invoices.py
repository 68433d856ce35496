"""Invoices, their lines and payments, invoice items, credit notes."""

from __future__ import annotations

from ...jsontypes import Body
from ...objects.credit_notes import CreditNote
from ...objects.invoices import Invoice, InvoiceItem, InvoicePayment, Line, LineTax
from ...world import World
from . import shapes


def invoice(world: World, subject: Invoice) -> Body:
    customer = world.customers[subject.customer]
    final = subject.number is not None
    page = f"https://invoice.stripe.com/i/{world.account.id}/test_{subject.id}"
    return {
        "id": subject.id,
        "object": "invoice",
        "account_country": world.account.country,
        "account_name": world.account.name,
        "account_tax_ids": None,
        "amount_due": subject.amount_due,
        "amount_overpaid": 0,
        "amount_paid": subject.amount_paid,
        "amount_remaining": subject.amount_remaining,
        "amount_shipping": 0,
        "application": None,
        "attempt_count": subject.attempt_count,
        "attempted": subject.attempted,
        "auto_advance": subject.auto_advance,
        "automatic_tax": {**shapes.AUTOMATIC_TAX, "provider": None, "status": None},
        "automatically_finalizes_at": subject.automatically_finalizes_at,
        "billing_reason": subject.billing_reason,
        "collection_method": subject.collection_method,
        "created": subject.created,
        "currency": subject.currency,
        "custom_fields": None,
        "customer": subject.customer,
        "customer_account": None,
        "customer_address": shapes.address(customer.address),
        "customer_email": customer.email,
        "customer_name": customer.name,
        "customer_phone": customer.phone,
        "customer_shipping": None,
        "customer_tax_exempt": customer.tax_exempt,
        "customer_tax_ids": [],
        "default_payment_method": subject.default_payment_method,
        "default_source": None,
        "default_tax_rates": [],
        "description": subject.description,
        "discounts": list(subject.discounts),
        "due_date": subject.due_date,
        "effective_at": subject.finalized_at,
        "ending_balance": subject.ending_balance,
        "footer": None,
        "from_invoice": None,
        "hosted_invoice_url": page if final else None,
        "invoice_pdf": f"{page}/pdf" if final else None,
        "issuer": {"type": "self"},
        "last_finalization_error": _finalization_error() if subject.cannot_be_final else None,
        "latest_revision": None,
        "lines": shapes.listing(
            f"/v1/invoices/{subject.id}/lines",
            [line(world, each, subject.id) for each in subject.lines[:10]],
            has_more=len(subject.lines) > 10,
        ),
        "livemode": world.livemode,
        "metadata": dict(subject.metadata),
        "next_payment_attempt": subject.next_payment_attempt,
        "number": subject.number,
        "on_behalf_of": None,
        "parent": _parent(subject),
        "payment_settings": dict(shapes.PAYMENT_SETTINGS),
        "period_end": subject.period_end,
        "period_start": subject.period_start,
        "post_payment_credit_notes_amount": subject.post_payment_credit_notes,
        "pre_payment_credit_notes_amount": subject.pre_payment_credit_notes,
        "receipt_number": None,
        "rendering": None,
        "shipping_cost": None,
        "shipping_details": None,
        "starting_balance": subject.starting_balance,
        "statement_descriptor": None,
        "status": subject.status,
        "status_transitions": {
            "finalized_at": subject.finalized_at,
            "marked_uncollectible_at": subject.marked_uncollectible_at,
            "paid_at": subject.paid_at,
            "voided_at": subject.voided_at,
        },
        "subtotal": subject.subtotal,
        "subtotal_excluding_tax": subject.subtotal - (subject.tax - subject.exclusive_tax),
        "test_clock": None,
        "total": subject.total,
        "total_discount_amounts": [
            {"amount": amount, "discount": discount}
            for discount, amount in subject.discount_amounts.items()
        ],
        "total_excluding_tax": subject.total - subject.tax,
        "total_pretax_credit_amounts": [
            {"amount": amount, "discount": discount, "type": "discount"}
            for discount, amount in subject.discount_amounts.items()
        ],
        "total_taxes": [_tax(tax) for tax in total_taxes(subject)],
        "webhooks_delivered_at": subject.created,
    }


def _finalization_error() -> Body:
    return {
        "code": "customer_tax_location_invalid",
        "doc_url": "https://stripe.com/docs/error-codes/customer-tax-location-invalid",
        "message": "The customer's location isn't recognized.",
        "type": "invalid_request_error",
    }


def total_taxes(subject: Invoice) -> list[LineTax]:
    """The invoice's tax by rate, summed over its lines."""
    sums: dict[str, LineTax] = {}
    for each in subject.lines:
        for tax in each.taxes:
            held = sums.get(tax.rate)
            sums[tax.rate] = LineTax(
                tax.rate,
                tax.amount + (held.amount if held else 0),
                tax.taxable_amount + (held.taxable_amount if held else 0),
                tax.inclusive,
            )
    return list(sums.values())


def _parent(subject: Invoice) -> Body | None:
    if subject.subscription is None:
        return None
    return {
        "quote_details": None,
        "subscription_details": {
            "metadata": dict(subject.subscription_metadata),
            "subscription": subject.subscription,
        },
        "type": "subscription_details",
    }


def _tax(tax: LineTax) -> Body:
    return {
        "amount": tax.amount,
        "tax_behavior": "inclusive" if tax.inclusive else "exclusive",
        "tax_rate_details": {"tax_rate": tax.rate},
        "taxability_reason": "not_available",
        "taxable_amount": tax.taxable_amount,
        "type": "tax_rate_details",
    }


def line(world: World, subject: Line, invoice_id: str | None = None) -> Body:
    parent: Body
    if subject.subscription_item is not None:
        parent = {
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": subject.invoice_item,
                "proration": subject.proration,
                "proration_details": {"credited_items": None},
                "subscription": subject.subscription,
                "subscription_item": subject.subscription_item,
            },
            "type": "subscription_item_details",
        }
    else:
        parent = {
            "invoice_item_details": {
                "invoice_item": subject.invoice_item,
                "proration": subject.proration,
                "proration_details": {"credited_items": None},
                "subscription": subject.subscription,
            },
            "subscription_item_details": None,
            "type": "invoice_item_details",
        }
    inclusive = sum(tax.amount for tax in subject.taxes if tax.inclusive)
    return {
        "id": subject.id,
        "object": "line_item",
        "amount": subject.amount,
        "currency": subject.currency,
        "description": subject.description,
        "discount_amounts": [
            {"amount": amount, "discount": discount}
            for discount, amount in subject.discount_amounts
        ],
        "discountable": subject.discountable,
        "discounts": list(subject.discounts),
        "invoice": invoice_id,
        "livemode": world.livemode,
        "metadata": dict(subject.metadata),
        "parent": parent,
        "period": {"end": subject.period_end, "start": subject.period_start},
        "pretax_credit_amounts": [
            {"amount": amount, "discount": discount, "type": "discount"}
            for discount, amount in subject.discount_amounts
        ],
        "pricing": _pricing(
            subject.price, subject.product, shapes.decimal_string(subject.unit_amount)
        ),
        "quantity": subject.quantity,
        "quantity_decimal": None if subject.quantity is None else str(subject.quantity),
        "subtotal": subject.amount - inclusive,
        "taxes": [_tax(tax) for tax in subject.taxes],
    }


def _pricing(price: str | None, product: str | None, unit_amount: str | None) -> Body | None:
    if price is None:
        return (
            {"type": "price_details", "unit_amount_decimal": unit_amount} if unit_amount else None
        )
    return {
        "price_details": {"price": price, "product": product},
        "type": "price_details",
        "unit_amount_decimal": unit_amount,
    }


def invoice_item(world: World, subject: InvoiceItem) -> Body:
    if subject.deleted:
        return {"id": subject.id, "object": "invoiceitem", "deleted": True}
    parent: Body | None = None
    if subject.subscription is not None:
        parent = {
            "subscription_details": {
                "subscription": subject.subscription,
                "subscription_item": subject.subscription_item,
            },
            "type": "subscription_details",
        }
    return {
        "id": subject.id,
        "object": "invoiceitem",
        "amount": subject.amount,
        "currency": subject.currency,
        "customer": subject.customer,
        "customer_account": None,
        "date": subject.created,
        "description": subject.description,
        "discountable": subject.discountable,
        "discounts": [],
        "invoice": subject.invoice,
        "livemode": world.livemode,
        "metadata": dict(subject.metadata),
        "net_amount": subject.amount,
        "parent": parent,
        "period": {"end": subject.period_end, "start": subject.period_start},
        "pricing": _pricing(
            subject.price, subject.product, shapes.decimal_string(subject.unit_amount)
        ),
        "proration": subject.proration,
        "quantity": subject.quantity,
        "quantity_decimal": str(subject.quantity),
        "tax_rates": [],
        "test_clock": None,
    }


def invoice_payment(world: World, subject: InvoicePayment) -> Body:
    payment: Body
    if subject.payment_intent is not None:
        payment = {"payment_intent": subject.payment_intent, "type": "payment_intent"}
    else:
        payment = {"payment_record": subject.payment_record, "type": "payment_record"}
    return {
        "id": subject.id,
        "object": "invoice_payment",
        "amount_paid": subject.amount_paid,
        "amount_requested": subject.amount_requested,
        "created": subject.created,
        "currency": subject.currency,
        "invoice": subject.invoice,
        "is_default": subject.is_default,
        "livemode": world.livemode,
        "payment": payment,
        "status": subject.status,
        "status_transitions": {"canceled_at": subject.canceled_at, "paid_at": subject.paid_at},
    }


def credit_note(world: World, subject: CreditNote) -> Body:
    kind = "post_payment" if subject.post_payment_amount else "pre_payment"
    if subject.post_payment_amount and subject.pre_payment_amount:
        kind = "mixed"
    refunds: list[Body] = []
    if subject.refund is not None:
        refunds.append(
            {
                "amount_refunded": subject.refund_amount,
                "refund": subject.refund,
                "type": "refund",
            }
        )
    net = subject.amount - subject.tax
    return {
        "id": subject.id,
        "object": "credit_note",
        "amount": subject.amount,
        "amount_shipping": 0,
        "created": subject.created,
        "currency": subject.currency,
        "customer": subject.customer,
        "customer_account": None,
        "customer_balance_transaction": subject.balance_transaction,
        "discount_amount": 0,
        "discount_amounts": [],
        "effective_at": subject.created,
        "invoice": subject.invoice,
        "lines": shapes.listing(f"/v1/credit_notes/{subject.id}/lines", []),
        "livemode": world.livemode,
        "memo": subject.memo,
        "metadata": dict(subject.metadata),
        "number": subject.number,
        "out_of_band_amount": subject.out_of_band_amount or None,
        "pdf": f"https://pay.stripe.com/credit_notes/{world.account.id}/{subject.id}/pdf",
        "post_payment_amount": subject.post_payment_amount,
        "pre_payment_amount": subject.pre_payment_amount,
        "pretax_credit_amounts": [],
        "reason": subject.reason,
        "refunds": refunds,
        "shipping_cost": None,
        "status": subject.status,
        "subtotal": subject.amount if subject.inclusive_tax else net,
        "subtotal_excluding_tax": net,
        "total": subject.amount,
        "total_excluding_tax": net,
        "total_taxes": [],
        "type": kind,
        "voided_at": subject.voided_at,
    }
