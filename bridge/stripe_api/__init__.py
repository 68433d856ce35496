"""Reading Stripe: events as they come, facts as they are asked for."""

from bridge.stripe_api.client import RawPage
from bridge.stripe_api.errors import (
    StripeApiError,
    StripeAuthenticationFailed,
    StripeNotFound,
    StripePaused,
    StripePermissionDenied,
    StripeRateLimited,
    StripeRequestRefused,
    StripeUnavailable,
)
from bridge.stripe_api.events import MalformedEvent, StripeEvent, parse_event, read_event
from bridge.stripe_api.facts import Fact, Facts, Kind, Need
from bridge.stripe_api.reader import StripeReader

__all__ = [
    "Fact",
    "Facts",
    "Kind",
    "MalformedEvent",
    "Need",
    "RawPage",
    "StripeApiError",
    "StripeAuthenticationFailed",
    "StripeEvent",
    "StripeNotFound",
    "StripePaused",
    "StripePermissionDenied",
    "StripeRateLimited",
    "StripeReader",
    "StripeRequestRefused",
    "StripeUnavailable",
    "parse_event",
    "read_event",
]
