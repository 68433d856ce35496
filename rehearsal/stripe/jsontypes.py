"""The JSON values that the stand-in renders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | Decimal | Sequence[Json] | Mapping[str, Json] | None"
Body: TypeAlias = dict[str, Json]
