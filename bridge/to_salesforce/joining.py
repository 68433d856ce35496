"""Bursts: of several updates of one subscription in a batch the newest is published for all.

Every row is a whole state, and of a key the ledger keeps the newest: what an older update would
write is overwritten by the newest one. But for what is told apart by more than the key: a movement
has its day, a deal is won on its first active day, and what is coming has a row for each interval.
So only updates of one status, one booking day and the same intervals are joined; those of one
second are not, since only a reading tells which is newer.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from bridge.store import Claimed, Move, State
from bridge.stripe_api import MalformedEvent, StripeEvent
from bridge.to_salesforce.translate import parse_event
from bridge.to_salesforce.translate.fields import day

TYPE = "customer.subscription.updated"
OUTCOME = "joined"


@dataclass(frozen=True, slots=True)
class Joined:
    """An older update, and the one that stands for it."""

    older: Claimed
    newest: Claimed

    def move(self, newest: Move) -> Move:
        """What becomes of the older one when this becomes of the newest.

        It is done only with the newest being sent, in the same transaction; else it is on its own
        again, and its attempt is taken back.
        """
        if newest.to is State.SENT:
            reason = f"{self.newest.event_id} is newer, and says the same and more"
            return Move(self.older, State.DONE, outcome=OUTCOME, reason=reason)
        wait = newest.wait if newest.to is State.DUE else 0.0
        return Move(self.older, State.DUE, wait=wait, reason=newest.reason, counted=False)


def join(batch: Sequence[Claimed], zone: ZoneInfo) -> list[Joined]:
    """The updates of a batch that a newer one in it stands for; ``zone`` is the booking zone."""
    return [joined for lane in _lanes(batch) for joined in _of_lane(lane, zone)]


async def join_gently(batch: Sequence[Claimed], zone: ZoneInfo) -> list[Joined]:
    """The same, and between any two lanes the loop may do something else."""
    found: list[Joined] = []
    for lane in _lanes(batch):
        found += _of_lane(lane, zone)
        await asyncio.sleep(0)
    return found


def _lanes(batch: Sequence[Claimed]) -> list[list[Claimed]]:
    """The updates of each lane that has several."""
    lanes: dict[tuple[object, ...], list[Claimed]] = defaultdict(list)
    for claimed in batch:
        if claimed.type == TYPE and not claimed.read_keys:
            lanes[claimed.lane, claimed.livemode, claimed.account].append(claimed)
    return [lane for lane in lanes.values() if len(lane) > 1]


def _of_lane(lane: Sequence[Claimed], zone: ZoneInfo) -> list[Joined]:
    alike: dict[tuple[object, ...], list[tuple[StripeEvent, Claimed]]] = defaultdict(list)
    for claimed in lane:
        try:
            event = parse_event(claimed.payload)
        except MalformedEvent:
            continue  # preparing it says so
        if event.type == TYPE and isinstance(event.object.get("id"), str):
            alike[_likeness(event, zone)].append((event, claimed))
    found = []
    for members in alike.values():
        last, newest = max(members, key=lambda member: (member[0].created, member[1].seq))
        found += [
            Joined(claimed, newest) for event, claimed in members if event.created < last.created
        ]
    return found


def _likeness(event: StripeEvent, zone: ZoneInfo) -> tuple[object, ...]:
    found = event.object
    return (
        found["id"],
        found.get("status"),
        found.get("customer") if isinstance(found.get("customer"), str) else None,
        day(event.created, zone),
        event.livemode,
        event.account,
        _intervals(found),
    )


def _intervals(subscription: Mapping[str, Any]) -> frozenset[str]:
    items = subscription.get("items")
    listed = items.get("data") if isinstance(items, dict) else None
    found = set()
    for item in listed if isinstance(listed, list) else []:
        price = (item.get("price") or item.get("plan")) if isinstance(item, dict) else None
        if isinstance(price, dict):
            recurring = price.get("recurring")
            held = recurring if isinstance(recurring, dict) else price
            found.add(str(held.get("interval")))
    return frozenset(found)
