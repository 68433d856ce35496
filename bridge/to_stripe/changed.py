"""An Opportunity has changed: a row of the inbox, whoever says so.

Its id is ``opportunity:<record id>:<mark>``, or ``opportunity:<record id>/<Stripe id>:<mark>``
where the word was of an object that it may be linked to no longer. While one of an Opportunity
waits, another is not stored: the one that waits will read no earlier. So many changes close
together are one write.
"""

from __future__ import annotations

from bridge.clock import Clock, system_clock
from bridge.contract import RequestMessage
from bridge.store import Arrival, Claimed, Queue
from bridge.to_stripe.opportunities import id_of_18
from bridge.to_stripe.plan import path_of
from bridge.working.requests import Unreadable

KIND = "OpportunityChanged"
TYPE = "opportunity.changed"
_OPPORTUNITY = "006"


class Changes:
    """Takes Salesforce's word that an Opportunity has changed."""

    def __init__(self, *, livemode: bool, linger: float, clock: Clock = system_clock) -> None:
        """``linger`` is how long a change waits for the next one, in seconds."""
        self._livemode = livemode
        self._linger = linger
        self._clock = clock

    def __call__(self, request: RequestMessage, mark: str) -> Arrival:
        """The row for a request. Raises Unreadable."""
        try:
            record_id = id_of_18(request.record_id or "")
        except ValueError as error:
            raise Unreadable(str(error)) from None
        if not record_id.startswith(_OPPORTUNITY):
            raise Unreadable(f"{record_id} is no Opportunity")
        hint = request.stripe_id or ""
        return self.row(record_id, mark, hint if path_of(hint) else "")

    def row(self, record_id: str, mark: str, hint: str = "") -> Arrival:
        """The row for an Opportunity, of 18 characters; the same mark asks once.

        ``hint`` is the id of a Stripe object to look at whether or not it is linked now.
        """
        subject = f"{record_id}/{hint}" if hint else record_id
        return Arrival(
            event_id=f"opportunity:{subject}:{mark}",
            type=TYPE,
            created=self._clock(),
            api_version=None,
            livemode=self._livemode,
            account=None,
            lane=f"opportunity:{record_id}",
            payload=b"{}",
            queue=Queue.STRIPE,
            wait=self._linger,
        )


def opportunity_of(claimed: Claimed) -> str:
    """The Opportunity that a row is of."""
    return _subject(claimed)[0]


def hint_of(claimed: Claimed) -> str:
    """The Stripe object that a row names beside it; empty for none."""
    return _subject(claimed)[2]


def _subject(claimed: Claimed) -> tuple[str, str, str]:
    return claimed.event_id.split(":")[1].partition("/")
