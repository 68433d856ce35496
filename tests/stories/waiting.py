"""Stories that do not pass yet, and why; a story that passes must not be here."""

from __future__ import annotations

WAITING: dict[str, str] = {}
"""Reasons by story."""
