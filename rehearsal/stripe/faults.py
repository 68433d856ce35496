"""Misbehaviour on demand: errors, slowness and dropped connections of the API."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass

KINDS = ("error", "slow", "drop")


@dataclass(slots=True)
class Fault:
    """What befalls the next ``count`` requests that match.

    ``error`` answers ``status``; ``slow`` waits ``seconds`` first; ``drop`` closes the connection.
    An ``error`` may say in ``Retry-After`` how long to stay away: ``retry_after``, in seconds.
    ``after``: the request is carried out, and only its answer is lost or wrong. ``path`` is a
    glob over the path's template, such as ``/v1/customers/{id}``.
    """

    kind: str
    count: int = 1
    status: int = 500
    seconds: float = 0.0
    retry_after: int | None = None
    method: str = "*"
    path: str = "*"
    after: bool = False

    def matches(self, method: str, template: str) -> bool:
        return self.method in ("*", method) and (
            self.path in ("*", template) or fnmatch.fnmatchcase(template, self.path)
        )


class Faults:
    """The faults that wait for their requests."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def take(self, method: str, template: str) -> Fault | None:
        """The fault for this request, one time fewer."""
        for fault in self.waiting:
            if fault.matches(method, template):
                fault.count -= 1
                if fault.count <= 0:
                    self.waiting.remove(fault)
                return fault
        return None
