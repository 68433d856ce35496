"""What Stripe's API answers instead of an object, by what must be done about it.

::

    StripeApiError
    ├── StripeAuthenticationFailed   the key is wrong or revoked
    ├── StripePermissionDenied       the restricted key lacks a permission
    ├── StripeNotFound               no such object, or not in this mode
    ├── StripeRateLimited            later; the company's checkout shares the limit
    ├── StripePaused                 not asked, since one of those above holds for all
    ├── StripeUnavailable            no answer, or none that can be used
    └── StripeRequestRefused         the request itself is wrong: a fault of the bridge
"""

from __future__ import annotations

import datetime as dt

from bridge.errors import BridgeError


class StripeApiError(BridgeError):
    """A call of Stripe's API that brought no object. Never holds the key."""


class StripeAuthenticationFailed(StripeApiError):
    """Stripe does not take the API key."""

    kind = "auth"


class StripePermissionDenied(StripeApiError):
    """The API key may not read this."""

    kind = "permission"


class StripeNotFound(StripeApiError):
    """Stripe knows no such object."""

    def __init__(self, message: str, as_of: dt.datetime | None = None) -> None:
        super().__init__(message)
        self.as_of = as_of
        """When Stripe said so, where it gave the time."""


class StripeRateLimited(StripeApiError):
    """Too many requests, and waiting has not helped."""

    kind = "rate_limit"

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds to wait before the next request."""


class StripeUnavailable(StripeApiError):
    """Stripe cannot be reached, or answers with a fault of its own."""

    kind = "unavailable"


class StripePaused(StripeApiError):
    """Stripe was not asked: it, or the key, is at fault until a probe says otherwise."""

    def __init__(self, fault: StripeApiError, wait: float) -> None:
        super().__init__(str(fault))
        self.fault = fault
        self.wait = wait
        """Seconds until the next probe."""


class StripeRequestRefused(StripeApiError):
    """Stripe calls the request invalid."""
