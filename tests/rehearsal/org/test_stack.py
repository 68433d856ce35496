"""The org's need of a deep stack is its own."""

from __future__ import annotations

import sys
from pathlib import Path

from rehearsal.org.org import Org
from rehearsal.org.stack import deep_stack


def test_the_limit_is_given_back() -> None:
    before = sys.getrecursionlimit()
    with deep_stack():
        assert sys.getrecursionlimit() > before
    assert sys.getrecursionlimit() == before


def test_running_the_package_leaves_the_limit_alone() -> None:
    before = sys.getrecursionlimit()
    org = Org.load(Path(__file__).parents[3])
    inside = org.run(lambda _: sys.getrecursionlimit(), user=org.admin)
    assert inside > before
    assert sys.getrecursionlimit() == before
