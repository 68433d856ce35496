"""Events that write nothing, and why: by type where the type decides, else by object."""

from __future__ import annotations

BY_TYPE = {
    "invoice.payment_succeeded": "invoice.paid says the same",
    "invoice.upcoming": "the subscription itself says what is coming",
}

_CACHE = "only refreshes names and prices"
_CHARGE = "the charge says what was paid"
_CARD = "says nothing that the ledger keeps"
_OWN = "the company's own money, no customer's"

BY_OBJECT = {
    "product": _CACHE,
    "price": _CACHE,
    "plan": _CACHE,
    "coupon": _CACHE,
    "promotion_code": _CACHE,
    "payment_intent": _CHARGE,
    "invoiceitem": "the invoice says what is due",
    "invoice_rendering_template": _CARD,
    "setup_intent": _CARD,
    "payment_method": "the customer or the subscription says which card is next",
    "mandate": _CARD,
    "source": _CARD,
    "card": _CARD,
    "bank_account": _CARD,
    "tax_id": _CARD,
    "tax_rate": _CARD,
    "customer_cash_balance_transaction": _CHARGE,
    "cash_balance": _CHARGE,
    "payment_link": _CARD,
    "quote": "the subscription that it becomes says what was sold",
    "payout": _OWN,
    "balance": _OWN,
    "transfer": _OWN,
    "topup": _OWN,
    "application_fee": _OWN,
    "account": _CARD,
    "event_destination": _CARD,
    "webhook_endpoint": _CARD,
    "radar.early_fraud_warning": _CARD,
    "review": _CARD,
    "file": _CARD,
    "reporting.report_run": _CARD,
    "reporting.report_type": _CARD,
    "test_helpers.test_clock": _CARD,
    "billing_portal.session": _CARD,
    "billing_portal.configuration": _CARD,
    "entitlements.active_entitlement_summary": _CARD,
}
