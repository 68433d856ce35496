"""One small company's events, told as those of as many companies as are wanted.

The Stripe stand-in plays a year's kinds of events for a few customers. Each copy of that history
has ids of its own: every id of a customer's object bears the copy's suffix. What is sold, prices
and products, is the same for all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.store import Arrival
from bridge.to_salesforce.envelope import read_envelope
from bridge.to_salesforce.urgent import is_urgent

_OWN = (
    "sub_sched|inpay|card|seti|evt|cus|sub|txn|req|du|dp|cn|in|il|ii|ch|pi|pm|py|re|si|cs|src|pyr"
)
_ID = re.compile(rf"\b(?:{_OWN})_[A-Za-z0-9]{{8,}}")
_SUFFIX = re.compile(rf"(\b(?:{_OWN})_[A-Za-z0-9]{{8,}}?)z(\d{{5}})\b")
_AT_ONCE = 50
"""Events of one copy in a row: what happens to a customer comes in bursts."""


def suffix(copy: int) -> str:
    """What the ids of a copy end with."""
    return f"z{copy:05d}"


def split(text: str) -> list[bytes]:
    """The text, cut behind each id: joined by a suffix it is a copy's."""
    pieces, at = [], 0
    for found in _ID.finditer(text):
        pieces.append(text[at : found.end()].encode())
        at = found.end()
    return [*pieces, text[at:].encode()]


def original(text: str) -> tuple[str, str]:
    """The text with the first company's ids, and the suffix that was there ('' for none)."""
    found = _SUFFIX.search(text)
    return _SUFFIX.sub(r"\1", text), suffix(int(found[2])) if found else ""


@dataclass(frozen=True, slots=True)
class Template:
    """An event of the first company."""

    arrival: Arrival
    pieces: list[bytes]

    def copy(self, number: int) -> Arrival:
        """The same event of another."""
        end = suffix(number)
        of = self.arrival
        return of._replace(
            event_id=of.event_id + end,
            lane=of.lane + end if _ID.fullmatch(of.lane) else of.lane,
            payload=end.encode().join(self.pieces),
        )


def read(file: Path) -> list[Template]:
    """The first company's events: one JSON body a line."""
    return [template(line) for line in file.read_text().splitlines()]


def template(body: str) -> Template:
    """An event, sorted as the bridge sorts it."""
    envelope = read_envelope(body.encode())
    arrival = Arrival(
        event_id=envelope.id,
        type=envelope.type,
        created=envelope.created,
        api_version=envelope.api_version,
        livemode=envelope.livemode,
        account=envelope.account,
        lane=envelope.lane,
        payload=None,
        urgent=is_urgent(envelope.type),
    )
    return Template(arrival, split(json.dumps(json.loads(body), indent=2)))


def crowd(templates: Sequence[Template], count: int, first: int = 0) -> Iterator[Arrival]:
    """That many events of as many companies as it takes, each in its own order, all mixed.

    `first` is the number of the first company: another call with another number has other ids.
    """
    companies = -(-count // len(templates))
    made = 0
    for start in range(0, len(templates), _AT_ONCE):
        for company in range(first, first + companies):
            for each in templates[start : start + _AT_ONCE]:
                if made == count:
                    return
                made += 1
                yield each.copy(company)
