"""Stripe's objects as ledger rows: ``needs(event)``, then the pure ``translate(event, facts)``."""

from bridge.stripe_api.events import MalformedEvent, StripeEvent, parse_event, read_event
from bridge.stripe_api.facts import Fact, Facts, Kind, Need
from bridge.to_salesforce.translate.lookup import Missing
from bridge.to_salesforce.translate.outcome import Ignored, Translation, Untranslatable
from bridge.to_salesforce.translate.rules import BookingRules
from bridge.to_salesforce.translate.translator import needs, translate

__all__ = [
    "BookingRules",
    "Fact",
    "Facts",
    "Ignored",
    "Kind",
    "MalformedEvent",
    "Missing",
    "Need",
    "StripeEvent",
    "Translation",
    "Untranslatable",
    "needs",
    "parse_event",
    "read_event",
    "translate",
]
