"""How long an event waits for Stripe: its attempts are not counted, its failures in a row are."""

from __future__ import annotations

from bridge.clock import Backoff
from bridge.store import Claimed, Move, State
from bridge.stripe_api import StripeApiError, StripePaused


class Patience:
    """Of one process; after a start waiting begins anew."""

    def __init__(self, backoff: Backoff) -> None:
        self._backoff = backoff
        self._failures: dict[str, int] = {}

    def wait_for_stripe(self, claimed: Claimed, error: StripeApiError) -> Move:
        """The event could not be prepared, and is not to blame."""
        if isinstance(error, StripePaused):
            wait = error.wait + self._backoff.wait(1)
            return Move(claimed, State.DUE, wait=wait, reason=str(error), counted=False)
        return self.wait(claimed, error)

    def wait(self, claimed: Claimed, error: Exception) -> Move:
        """It was asked for this event itself, and asking failed."""
        failures = self._failures[claimed.event_id] = self._failures.get(claimed.event_id, 0) + 1
        wait = self._backoff.wait(failures)
        return Move(claimed, State.DUE, wait=wait, reason=str(error), counted=False)

    def prepared(self, claimed: Claimed) -> None:
        """It has what it needs."""
        self._failures.pop(claimed.event_id, None)
