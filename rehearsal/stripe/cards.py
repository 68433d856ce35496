"""Stripe's test cards and what their issuers answer (Stripe docs, "Testing", "Decline codes")."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decline:
    """An issuer's refusal; after a ``hard`` one Stripe does not try the same card again."""

    code: str
    decline_code: str | None
    message: str
    hard: bool = False


_DECLINED = "Your card was declined."
DECLINES = {
    "generic_decline": Decline("card_declined", "generic_decline", _DECLINED),
    "insufficient_funds": Decline(
        "card_declined", "insufficient_funds", "Your card has insufficient funds."
    ),
    "lost_card": Decline("card_declined", "lost_card", _DECLINED, hard=True),
    "stolen_card": Decline("card_declined", "stolen_card", _DECLINED, hard=True),
    "expired_card": Decline("expired_card", None, "Your card has expired."),
    "incorrect_cvc": Decline("incorrect_cvc", None, "Your card's security code is incorrect."),
    "authentication_required": Decline(
        "payment_intent_authentication_failure",
        None,
        "We are unable to authenticate your payment method. Please choose a different payment"
        " method and try again.",
    ),
    "processing_error": Decline(
        "processing_error",
        None,
        "An error occurred while processing your card. Try again in a little bit.",
    ),
}


@dataclass(frozen=True, slots=True)
class CardBehaviour:
    """A card as a test token gives it; ``attachable`` is false where saving it is declined."""

    brand: str
    last4: str
    declines_with: str | None = None
    attachable: bool = True
    refunds: str = "succeeded"
    disputes: str | None = None
    authenticates: bool = False


TEST_CARDS = {
    "pm_card_visa": CardBehaviour("visa", "4242"),
    "pm_card_visa_debit": CardBehaviour("visa", "5556"),
    "pm_card_mastercard": CardBehaviour("mastercard", "4444"),
    "pm_card_amex": CardBehaviour("amex", "8431"),
    "pm_card_discover": CardBehaviour("discover", "1117"),
    "pm_card_bypassPending": CardBehaviour("visa", "0077"),
    "pm_card_chargeCustomerFail": CardBehaviour("visa", "0341", "generic_decline"),
    "pm_card_chargeDeclined": CardBehaviour("visa", "0002", "generic_decline", attachable=False),
    "pm_card_visa_chargeDeclined": CardBehaviour(
        "visa", "0002", "generic_decline", attachable=False
    ),
    "pm_card_chargeDeclinedInsufficientFunds": CardBehaviour(
        "visa", "9995", "insufficient_funds", attachable=False
    ),
    "pm_card_visa_chargeDeclinedInsufficientFunds": CardBehaviour(
        "visa", "9995", "insufficient_funds", attachable=False
    ),
    "pm_card_visa_chargeDeclinedLostCard": CardBehaviour(
        "visa", "9987", "lost_card", attachable=False
    ),
    "pm_card_visa_chargeDeclinedStolenCard": CardBehaviour(
        "visa", "9979", "stolen_card", attachable=False
    ),
    "pm_card_chargeDeclinedExpiredCard": CardBehaviour(
        "visa", "0069", "expired_card", attachable=False
    ),
    "pm_card_chargeDeclinedIncorrectCvc": CardBehaviour(
        "visa", "0127", "incorrect_cvc", attachable=False
    ),
    "pm_card_chargeDeclinedProcessingError": CardBehaviour(
        "visa", "0119", "processing_error", attachable=False
    ),
    "pm_card_authenticationRequired": CardBehaviour("visa", "3184", authenticates=True),
    "pm_card_pendingRefund": CardBehaviour("visa", "7726", refunds="pending"),
    "pm_card_refundFail": CardBehaviour("visa", "5126", refunds="failed"),
    "pm_card_createDispute": CardBehaviour("visa", "0259", disputes="fraudulent"),
    "pm_card_createDisputeProductNotReceived": CardBehaviour(
        "visa", "2685", disputes="product_not_received"
    ),
    "pm_card_createDisputeInquiry": CardBehaviour("visa", "1976", disputes="inquiry"),
}
