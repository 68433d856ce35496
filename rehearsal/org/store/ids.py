"""New record ids: a key prefix, the instance, a number in base 62."""

from __future__ import annotations

from rehearsal.org.values import id18

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
INSTANCE = "Lc0"
"""What stands behind the key prefix in the ids of an org, unless it is told otherwise."""


class IdMaker:
    """Gives each record of the org an 18-character id; numbers are never given twice."""

    def __init__(self, instance: str = INSTANCE) -> None:
        self._instance = instance
        self._last: dict[str, int] = {}

    def next(self, key_prefix: str) -> str:
        number = self._last[key_prefix] = self._last.get(key_prefix, 0) + 1
        digits = ""
        for _ in range(9):
            number, place = divmod(number, len(_DIGITS))
            digits = _DIGITS[place] + digits
        return id18(f"{key_prefix}{self._instance}{digits}")
