"""A call of the REST API and its reply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.org.ports import User
from rehearsal.org.server.rest.errors import malformed

MISSING: Any = object()
"""No entity body."""
NEWEST, OLDEST = 68, 31
"""API versions that answer; 30.0 and below are retired, 68.0 is Winter '27."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `path` is relative to `/services/data/vXX.X/`, without slashes at its ends."""

    method: str
    path: str
    user: User
    version: str = "66.0"
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = MISSING
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name."""
    own_url: str = ""
    """The org's address as the client knows it."""

    @property
    def root(self) -> str:
        return f"/services/data/v{self.version}"

    def json(self) -> dict[str, Any]:
        """The body. Raises ApiError where it is no JSON object."""
        if not isinstance(self.body, dict):
            raise malformed(
                "The HTTP entity body is required, but this request has no entity body."
            )
        return self.body

    def flag(self, name: str) -> bool:
        """A true-or-false parameter of the URL; false when absent."""
        return self.query.get(name, "").lower() == "true"


@dataclass(frozen=True, slots=True)
class Reply:
    """`body` None is an empty body."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
