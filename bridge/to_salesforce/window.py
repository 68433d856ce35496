"""How many events may be in flight, when some of them were lost on the way to the ledger.

An event is lost when its receipt is overdue and the ledger, asked, does not hold it. A transaction
that dies of a governor limit leaves no trace, and takes everything with it that it held: so whose
fault it was shows only when fewer go, at last one alone.

Pure: it is told what was published, heard of and lost, and says how much may go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from bridge.clock import Backoff, Clock

_MOST_ALONE = 3
"""How often an event must have been lost alone before it is dead."""
_GROUPS_AT_CEILING = 8
"""Groups that must arrive before one of twice the size is tried again."""


class Lost(Enum):
    """What is to be done with a lost event."""

    FIRST = "again, before all others"
    LATER = "again, after a while of its own"
    DEAD = "never again: it is to blame"


@dataclass(slots=True)
class _Suspect:
    """An event that was lost although nothing else was in flight."""

    times: int
    """How often, as far as it counts against it."""
    others: int
    """How many others had arrived alone by the last time."""
    in_all: int = 1


class Window:
    """Closed, everything goes as it comes. Once an event is lost, one group at a time is in flight:
    the oldest event alone, then 2, 4, 8 …, until a group is as large as a whole batch.

    A group that loses an event begins again at one, after a pause, and then goes no further than to
    half of its size until several such have arrived: so a transaction that dies of limits ends in
    parts that fit. An event that is lost alone goes only alone from then on, and after a while of
    its own, so that neither its lane nor others wait for it. It is dead when that happened three
    times, and between any two of them another event arrived alone, and no other that had been lost
    alone arrived after all: where nothing arrives, or some luck is needed, nobody is to blame.
    """

    def __init__(self, whole: int, most: int, pause: Backoff, clock: Clock) -> None:
        """``whole`` is a batch, ``most`` what may be in flight while closed."""
        self._whole = whole
        self._most = most
        self._pause = pause
        self._clock = clock
        self._limit = whole
        self._ceiling = whole
        self._at_ceiling = 0
        self._group: set[str] = set()
        self._size = 0
        self._failures = 0
        self._not_before = 0.0
        self._suspects: dict[str, _Suspect] = {}
        self._arrived_alone = 0
        self._owed = False
        self._next_is_alone = False
        self.is_paused = False
        """Nothing may be published at all."""

    @property
    def is_closed(self) -> bool:
        """Whether everything goes as it comes."""
        return self._limit >= self._whole

    @property
    def is_careful(self) -> bool:
        """Whether what is published must be all that is in flight, or nothing may be."""
        return bool(self.is_paused or self._owed or self._group or not self.is_closed)

    def forget(self) -> None:
        """Closes: somebody else is told what is lost from now on."""
        self._limit = self._ceiling = self._whole
        self._group = set()
        self._suspects = {}
        self._failures = 0
        self._owed = self._next_is_alone = self.is_paused = False

    @property
    def limit(self) -> int:
        """How many events may be in flight."""
        if self.is_paused:
            return 0
        return self._most if self.is_closed else self._limit

    def room(self, in_flight: int) -> int:
        """How many may be published now, while so many are in flight; 0 or less for none."""
        self._next_is_alone = False
        if self._group and not in_flight:
            self._arrived(self._group)  # whoever heard of them
        if self.is_paused or self._group:
            return 0
        careful = self._owed or not self.is_closed
        if careful and (in_flight or self._clock() < self._not_before):
            return 0
        if self._owed:
            self._owed = False
            self._next_is_alone = True
            return 1
        return self._limit if careful else self._most - in_flight

    def put_back(self, event_ids: Sequence[str], in_flight: int) -> frozenset[str]:
        """Those of a batch that may go only alone, and would not: they are owed a turn."""
        marked = [event_id for event_id in event_ids if event_id in self._suspects]
        if not marked or (len(event_ids) == 1 and not in_flight):
            return frozenset()
        self._owed = True
        if len(marked) == len(event_ids) and not in_flight:
            marked = marked[1:]
            self._next_is_alone = True
        return frozenset(marked)

    def publishes(self, event_ids: Collection[str]) -> None:
        """These are published together, now."""
        if self._next_is_alone or not self.is_closed:
            self._group = set(event_ids)
            self._size = len(self._group)
        self._next_is_alone = False

    def not_published(self, event_ids: Iterable[str]) -> None:
        """These were not, after all."""
        self._group.difference_update(event_ids)

    def heard(self, event_ids: Collection[str]) -> None:
        """Something is known of these: they reached the ledger."""
        self._acquit(event_ids)
        if self._group and self._group <= set(event_ids):
            self._arrived(self._group)
        self._group.difference_update(event_ids)

    def lost(self, event_ids: Sequence[str], *, proven: bool = True) -> dict[str, Lost]:
        """No receipt came of these, and the ledger does not hold them.

        ``proven`` is False where the ledger could not be asked: then none is to blame.
        """
        group = self._group.intersection(event_ids)
        if group or self.is_closed:
            self._step_back(group)
        if group and self._size == 1:
            (event_id,) = group
            self._ceiling = self._whole  # what made it small may have been this one's doing
            verdict = self._blame(event_id) if proven else Lost.LATER
            return {**dict.fromkeys(event_ids, Lost.FIRST), event_id: verdict}
        return dict.fromkeys(event_ids, Lost.FIRST)

    def times_alone(self, event_id: str) -> int:
        """How often it was lost alone, whether or not that counts against it."""
        suspect = self._suspects.get(event_id)
        return 0 if suspect is None else suspect.in_all

    def _step_back(self, group: set[str]) -> None:
        size = self._size if group else self._whole
        self._ceiling = max(1, size // 2)
        self._at_ceiling = 0
        self._limit = 1
        if not self._suspects.keys() & group:  # of a suspect nothing else was to be expected
            self._failures += 1
        self._not_before = self._clock() + self._pause.wait(max(1, self._failures))
        self._group = set()

    def _blame(self, event_id: str) -> Lost:
        suspect = self._suspects.get(event_id)
        if suspect is None:
            self._suspects[event_id] = _Suspect(1, self._arrived_alone)
            return Lost.LATER
        suspect.in_all += 1
        if self._arrived_alone > suspect.others:
            suspect.times += 1
            suspect.others = self._arrived_alone
        if suspect.times < _MOST_ALONE:
            return Lost.LATER
        del self._suspects[event_id]
        return Lost.DEAD

    def _acquit(self, event_ids: Iterable[str]) -> None:
        """One that was lost alone and then arrives shows that being lost alone proves nothing yet:
        what is held against the others begins again."""
        acquitted = [self._suspects.pop(each) for each in event_ids if each in self._suspects]
        if acquitted:
            for suspect in self._suspects.values():
                suspect.times = 0

    def _arrived(self, group: Collection[str]) -> None:
        self._acquit(group)
        self._group = set()
        self._failures = 0
        self._arrived_alone += self._size == 1
        if self._limit < self._ceiling:
            self._limit = min(self._limit * 2, self._ceiling)
            return
        self._at_ceiling += 1
        if self._at_ceiling >= _GROUPS_AT_CEILING:
            self._at_ceiling = 0
            self._ceiling = min(self._ceiling * 2, self._whole)
