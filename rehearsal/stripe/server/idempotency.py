"""Idempotency keys (API reference, "Idempotent requests"): the first answer stands for 24 hours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..errors import StripeError
from ..periods import DAY


@dataclass(frozen=True, slots=True)
class Saved:
    """An answer that will be given again; ``request`` is the first request's id."""

    at: int
    fingerprint: str
    status: int
    body: bytes
    request: str


class Keys:
    """Answers by key, on the stand-in's clock."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._saved: dict[str, Saved] = {}

    def find(self, key: str, fingerprint: str) -> Saved | None:
        """The answer of an earlier request with this key.

        Raises:
            StripeError: the key was used with other parameters.
        """
        saved = self._saved.get(key)
        if saved is None or self._now() - saved.at > DAY:
            return None
        if saved.fingerprint != fingerprint:
            raise StripeError(
                "Keys for idempotent requests can only be used with the same parameters they were"
                f" first used with. Try using a key other than '{key}' if you meant to execute a"
                " different request.",
                kind="idempotency_error",
            )
        return saved

    def save(self, key: str, fingerprint: str, status: int, body: bytes, request: str) -> None:
        self._saved[key] = Saved(self._now(), fingerprint, status, body, request)
