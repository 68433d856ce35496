"""``stripe-sf``: the operators' command.

Every command exits 0 for done, 1 for failed, 2 for wrong usage, 3 for "ran, and found
differences".
"""

from __future__ import annotations

from bridge.cli.root import cli, main

__all__ = ["cli", "main"]
