"""What a serving bridge says of itself in the store, for ``stripe-sf status`` beside it."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
from collections.abc import Callable, Mapping
from typing import Any

from bridge.clock import Clock, system_clock, utc
from bridge.errors import StoreUnavailable
from bridge.health import Fault, Health
from bridge.store import Inbox, Report

_log = logging.getLogger(__name__)

EVERY = 10.0
"""Seconds between two reports; a change is told within a second."""
_AT_MOST = 0.5
FRESH = 4 * EVERY
"""A report that is older is of a bridge that says no more."""


def parts_as_json(parts: Mapping[str, Fault | None]) -> dict[str, dict[str, Any]]:
    """Each part: whether it works, else why not, the kind of the fault, and since when (UTC)."""
    return {
        part: {
            "ok": fault is None,
            "reason": None if fault is None else fault.reason,
            "fault": None if fault is None else fault.kind,
            "since": None if fault is None else utc(fault.since).isoformat(timespec="seconds"),
        }
        for part, fault in parts.items()
    }


class Reporter:
    """Keeps the report of one bridge in the store up to date."""

    def __init__(
        self, inbox: Inbox, health: Health, budget: Callable[[], Mapping[str, Any]]
    ) -> None:
        self._inbox = inbox
        self._health = health
        self._budget = budget
        self._name = f"{socket.gethostname()}:{os.getpid()}"

    async def run(self) -> None:
        """Tells at each change, and every few seconds, until cancelled."""
        while True:
            self._health.changed.clear()
            try:
                await self._inbox.tell(self._name, self._body())
            except StoreUnavailable as error:
                _log.debug("not reported: %s", error)
            await asyncio.sleep(_AT_MOST)
            try:
                async with asyncio.timeout(EVERY - _AT_MOST):
                    await self._health.changed.wait()
            except TimeoutError:
                continue

    async def end(self) -> None:
        """Takes the report back: the bridge ends as it should."""
        try:
            await self._inbox.tell(self._name, None)
        except StoreUnavailable as error:
            _log.debug("the report stays: %s", error)

    def _body(self) -> str:
        parts = parts_as_json(self._health.report())
        return json.dumps(
            {
                "ready": self._health.ready,
                "parts": parts,
                "stands_by": self._health.standing_by,
                "budget": dict(self._budget()),
            }
        )


def latest(reports: list[Report], clock: Clock = system_clock) -> list[dict[str, Any]]:
    """The reports of the bridges that serve; if none does, the last one, which says so."""
    now = clock()
    fresh = [report for report in reports if now - report.at < FRESH]
    return [
        {
            "bridge": report.bridge,
            "serving": report in fresh,
            "reported_seconds_ago": max(0.0, now - report.at),
            **json.loads(report.body),
        }
        for report in fresh or reports[:1]
    ]
