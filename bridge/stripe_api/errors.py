"""What Stripe's API answers instead of an object, by what must be done about it.

::

    StripeApiError
    ├── StripeAuthenticationFailed   the key is wrong or revoked
    ├── StripePermissionDenied       the restricted key lacks a permission
    ├── StripeNotFound               no such object, or not in this mode
    ├── StripeRateLimited            later; the company's checkout shares the limit
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


class StripePermissionDenied(StripeApiError):
    """The API key may not read this."""


class StripeNotFound(StripeApiError):
    """Stripe knows no such object."""

    def __init__(self, message: str, as_of: dt.datetime | None = None) -> None:
        super().__init__(message)
        self.as_of = as_of
        """When Stripe said so, where it gave the time."""


class StripeRateLimited(StripeApiError):
    """Too many requests, and waiting has not helped."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds to wait before the next request."""


class StripeUnavailable(StripeApiError):
    """Stripe cannot be reached, or answers with a fault of its own."""


class StripeRequestRefused(StripeApiError):
    """Stripe calls the request invalid."""
