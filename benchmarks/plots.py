"""Which plots the page has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks import svg


def plots(parts: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """SVG by file name, of the parts that were measured."""
    found: dict[str, str] = {}
    if "admit" in parts:
        found["performance-admit.svg"] = svg.bars(
            "Acknowledged webhooks a second, every connection busy", "/s", parts["admit"]["bars"]
        )
        found["performance-answers.svg"] = svg.lines(
            "Time to the answer at 500 webhooks a second",
            "percentile",
            "milliseconds",
            parts["admit"]["lines"],
        )
    if "drain" in parts:
        found["performance-drain.svg"] = svg.lines(
            "A backlog goes", "seconds", "events applied", parts["drain"]["lines"]
        )
    if "others" in parts:
        found["performance-others.svg"] = svg.bars(
            "The same events a second, acknowledged", "/s", parts["others"]["bars"]
        )
    return found
