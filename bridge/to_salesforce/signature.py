"""The ``Stripe-Signature`` header (Stripe docs, "Verify webhook signatures manually")."""

from __future__ import annotations

from collections.abc import Sequence

import stripe

from bridge.clock import Clock


class Refused(Exception):
    """The request is not Stripe's, or not from now; ``cause`` is one word for the metrics."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


def verify(
    body: bytes, header: str | None, secrets: Sequence[str], tolerance: float, clock: Clock
) -> None:
    """Checks the body against each secret in turn. Raises Refused.

    The SDK accepts a timestamp of any time in the future, so that is refused here.
    """
    if not header:
        raise Refused("no_signature")
    for secret in secrets:
        try:
            # Recency is checked below, so that an old signature and a wrong one differ.
            stripe.WebhookSignature.verify_header(body, header, secret, tolerance=None)
        except stripe.SignatureVerificationError:
            continue
        except (UnicodeDecodeError, TypeError):  # no UTF-8 in the body, or no ASCII in the header
            raise Refused("malformed_signature") from None
        break
    else:
        raise Refused("wrong_signature")
    age = clock() - _timestamp(header)
    if age > tolerance:
        raise Refused("old_timestamp")
    if age < -tolerance:
        raise Refused("future_timestamp")


def _timestamp(header: str) -> int:
    # The first one counts, as it does for the SDK: its signature is over that one.
    for item in header.split(","):
        name, _, value = item.partition("=")
        if name == "t":
            return int(value)
    raise Refused("malformed_signature")
