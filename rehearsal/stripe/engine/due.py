"""Runs what the clock brings, each job at its own moment and in order."""

from __future__ import annotations

from collections.abc import Callable

from ..world import World
from . import checkout, dunning, payments, refunds, renewals, settlement

_JOBS: dict[str, Callable[[World, str], None]] = {
    "period_ends": renewals.period_ends,
    "draft_due": renewals.draft_due,
    "invoice_due": renewals.invoice_due,
    "invoice_will_be_due": renewals.invoice_will_be_due,
    "trial_will_end": renewals.trial_will_end,
    "incomplete_expires": renewals.incomplete_expires,
    "collection_resumes": renewals.collection_resumes,
    "retry_invoice": dunning.retry,
    "settle_charge": settlement.settle_charge,
    "refund_succeeds": refunds.succeeds_by_itself,
    "refund_fails": refunds.fails_by_itself,
    "authorization_expired": payments.authorization_expired,
    "session_expires": checkout.expires,
}


def run(world: World, until: int) -> int:
    """Run every job due by ``until``, then set the clock to it; how many jobs there were."""
    count = 0
    try:
        while (job := world.agenda.next_due(until)) is not None:
            world.clock.play(job.due)
            _JOBS[job.kind](world, job.ref)
            count += 1
    finally:
        world.clock.play(None)
    world.clock.set(until)
    return count
