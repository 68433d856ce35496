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
    "processing_error": Decline(
        "processing_error",
        None,
        "An error occurred while processing your card. Try again in a little bit.",
    ),
}


@dataclass(frozen=True, slots=True)
class TestCard:
    """A card as a test token gives it; ``attachable`` is false where saving it is declined."""

    brand: str
    last4: str
    declines_with: str | None = None
    attachable: bool = True
    refunds: str = "succeeded"
    disputes: str | None = None


TEST_CARDS = {
    "pm_card_visa": TestCard("visa", "4242"),
    "pm_card_visa_debit": TestCard("visa", "5556"),
    "pm_card_mastercard": TestCard("mastercard", "4444"),
    "pm_card_amex": TestCard("amex", "8431"),
    "pm_card_discover": TestCard("discover", "1117"),
    "pm_card_bypassPending": TestCard("visa", "0077"),
    "pm_card_chargeCustomerFail": TestCard("visa", "0341", "generic_decline"),
    "pm_card_chargeDeclined": TestCard("visa", "0002", "generic_decline", attachable=False),
    "pm_card_visa_chargeDeclined": TestCard("visa", "0002", "generic_decline", attachable=False),
    "pm_card_chargeDeclinedInsufficientFunds": TestCard(
        "visa", "9995", "insufficient_funds", attachable=False
    ),
    "pm_card_visa_chargeDeclinedInsufficientFunds": TestCard(
        "visa", "9995", "insufficient_funds", attachable=False
    ),
    "pm_card_visa_chargeDeclinedLostCard": TestCard("visa", "9987", "lost_card", attachable=False),
    "pm_card_visa_chargeDeclinedStolenCard": TestCard(
        "visa", "9979", "stolen_card", attachable=False
    ),
    "pm_card_chargeDeclinedExpiredCard": TestCard("visa", "0069", "expired_card", attachable=False),
    "pm_card_chargeDeclinedIncorrectCvc": TestCard(
        "visa", "0127", "incorrect_cvc", attachable=False
    ),
    "pm_card_chargeDeclinedProcessingError": TestCard(
        "visa", "0119", "processing_error", attachable=False
    ),
    "pm_card_pendingRefund": TestCard("visa", "7726", refunds="pending"),
    "pm_card_refundFail": TestCard("visa", "5126", refunds="failed"),
    "pm_card_createDispute": TestCard("visa", "0259", disputes="fraudulent"),
    "pm_card_createDisputeProductNotReceived": TestCard(
        "visa", "2685", disputes="product_not_received"
    ),
    "pm_card_createDisputeInquiry": TestCard("visa", "1976", disputes="inquiry"),
}
