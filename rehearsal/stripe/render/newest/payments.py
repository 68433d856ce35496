"""Payment intents, charges, refunds, disputes, balance transactions."""

from __future__ import annotations

from ...cards import DECLINES
from ...jsontypes import Body
from ...objects.payments import BalanceTransaction, Charge, Dispute, PaymentIntent, Refund
from ...world import World
from . import customers, shapes


def payment_intent(world: World, subject: PaymentIntent) -> Body:
    method = world.payment_methods.get(subject.payment_method) if subject.payment_method else None
    error: Body | None = None
    if subject.error_code is not None:
        decline = DECLINES[subject.error_code]
        error = {
            "charge": subject.latest_charge,
            "code": decline.code,
            "decline_code": decline.decline_code,
            "doc_url": f"https://stripe.com/docs/error-codes/{decline.code.replace('_', '-')}",
            "message": decline.message,
            "payment_method": customers.payment_method(world, method) if method else None,
            "type": "card_error",
        }
    return {
        "id": subject.id,
        "object": "payment_intent",
        "amount": subject.amount,
        "amount_capturable": subject.amount_capturable,
        "amount_details": {"tip": {}},
        "amount_received": subject.amount_received,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": subject.canceled_at,
        "cancellation_reason": subject.cancellation_reason,
        "capture_method": subject.capture_method,
        "client_secret": subject.client_secret,
        "confirmation_method": subject.confirmation_method,
        "created": subject.created,
        "currency": subject.currency,
        "customer": subject.customer,
        "customer_account": None,
        "description": subject.description,
        "excluded_payment_method_types": None,
        "last_payment_error": error,
        "latest_charge": subject.latest_charge,
        "livemode": world.livemode,
        "metadata": dict(subject.metadata),
        "next_action": _next_action(subject),
        "on_behalf_of": None,
        # A failed intent forgets its payment method; the error keeps it.
        "payment_method": None if subject.error_code else subject.payment_method,
        "payment_method_configuration_details": None,
        "payment_method_options": {
            "card": {
                "installments": None,
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
        },
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": subject.receipt_email,
        "review": None,
        "setup_future_usage": subject.setup_future_usage,
        "shipping": None,
        "source": None,
        "statement_descriptor": subject.statement_descriptor,
        "statement_descriptor_suffix": None,
        "status": subject.status,
        "transfer_data": None,
        "transfer_group": None,
    }


def _next_action(subject: PaymentIntent) -> Body | None:
    if subject.status != "requires_action":
        return None
    return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}


def charge(world: World, subject: Charge) -> Body:
    method = world.payment_methods[subject.payment_method]
    decline = DECLINES[subject.failure_code] if subject.failure_code else None
    succeeded = subject.status == "succeeded"
    outcome: Body = {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network" if succeeded else "declined_by_network",
        "reason": decline.decline_code if decline else None,
        "risk_level": "normal",
        "risk_score": 12,
        "seller_message": "Payment complete." if succeeded else "The bank declined the payment.",
        "type": "authorized" if succeeded else "issuer_declined",
    }
    card: Body = {
        **shapes.card(method.brand, method.last4),
        "amount_authorized": subject.amount if succeeded else None,
        "authorization_code": None,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "pass",
        },
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": method.brand,
        "network_token": {"used": False},
        "overcapture": {"maximum_amount_capturable": subject.amount, "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": None,
        "wallet": None,
    }
    return {
        "id": subject.id,
        "object": "charge",
        "amount": subject.amount,
        "amount_captured": subject.amount_captured,
        "amount_refunded": subject.amount_refunded + subject.released,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": subject.balance_transaction,
        "billing_details": customers.billing_details(method),
        "calculated_statement_descriptor": "REHEARSAL",
        "captured": subject.captured,
        "created": subject.created,
        "currency": subject.currency,
        "customer": subject.customer,
        "description": subject.description,
        "disputed": subject.disputed,
        "failure_balance_transaction": subject.failure_balance_transaction,
        "failure_code": decline.code if decline else None,
        "failure_message": decline.message if decline else None,
        "fraud_details": {},
        "livemode": world.livemode,
        "metadata": dict(subject.metadata),
        "on_behalf_of": None,
        "outcome": outcome,
        "paid": succeeded,
        "payment_intent": subject.payment_intent,
        "payment_method": subject.payment_method,
        "payment_method_details": {"card": card, "type": "card"},
        "radar_options": {},
        "receipt_email": subject.receipt_email,
        "receipt_number": None,
        "receipt_url": (
            f"https://pay.stripe.com/receipts/{subject.id}" if succeeded else None
        ),
        "refunded": subject.refunded,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": subject.statement_descriptor,
        "statement_descriptor_suffix": None,
        "status": subject.status,
        "transfer_data": None,
        "transfer_group": None,
    }  # fmt: skip


def refund(world: World, subject: Refund) -> Body:
    body: Body = {
        "id": subject.id,
        "object": "refund",
        "amount": subject.amount,
        "balance_transaction": subject.balance_transaction,
        "charge": subject.charge,
        "created": subject.created,
        "currency": subject.currency,
        "customer": subject.customer,
        "customer_account": None,
        "destination_details": {
            "card": {
                "reference": None,
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "metadata": dict(subject.metadata),
        "payment_intent": subject.payment_intent,
        "reason": subject.reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": subject.status,
        "transfer_reversal": None,
    }
    if subject.failure_reason is not None:
        body["failure_reason"] = subject.failure_reason
        body["failure_balance_transaction"] = subject.failure_balance_transaction
    if subject.pending_reason is not None:
        body["pending_reason"] = subject.pending_reason
    return body


def dispute(world: World, subject: Dispute) -> Body:
    charge = world.charges[subject.charge]
    method = world.payment_methods[charge.payment_method]
    inquiry = subject.status.startswith("warning_")
    return {
        "id": subject.id,
        "object": "dispute",
        "amount": subject.amount,
        "balance_transactions": [
            balance_transaction(world, world.balance_transactions[each])
            for each in subject.balance_transactions
        ],
        "charge": subject.charge,
        "created": subject.created,
        "currency": subject.currency,
        "enhanced_eligibility_types": [],
        "evidence": {},
        "evidence_details": {
            "due_by": subject.due_by,
            "enhanced_eligibility": {},
            "has_evidence": subject.status == "under_review",
            "past_due": False,
            "submission_count": int(subject.status in ("under_review", "won", "lost")),
            "submission_method": "not_submitted",
        },
        "is_charge_refundable": inquiry,
        "livemode": world.livemode,
        "metadata": dict(subject.metadata),
        "payment_intent": subject.payment_intent,
        "payment_method_details": {
            "card": {
                "brand": method.brand,
                "case_type": "inquiry" if inquiry else "chargeback",
                "network": method.brand,
                "network_reason_code": "4853",
            },
            "type": "card",
        },
        "reason": subject.reason,
        "status": subject.status,
    }


def balance_transaction(world: World, subject: BalanceTransaction) -> Body:
    fees: list[Body] = []
    if subject.fee:
        fees.append(
            {
                "amount": subject.fee,
                "application": None,
                "currency": subject.currency,
                "description": "Dispute fee" if subject.type == "adjustment" else
                               "Stripe processing fees",
                "type": "stripe_fee",
            }
        )  # fmt: skip
    return {
        "id": subject.id,
        "object": "balance_transaction",
        "amount": subject.amount,
        "available_on": subject.available_on,
        "balance_type": "payments",
        "created": subject.created,
        "currency": subject.currency,
        "description": subject.description,
        "exchange_rate": subject.exchange_rate,
        "fee": subject.fee,
        "fee_details": fees,
        "net": subject.net,
        "reporting_category": subject.reporting_category,
        "source": subject.source,
        "status": "available" if world.now() >= subject.available_on else "pending",
        "type": subject.type,
    }
