"""What was published of an event, short enough to keep beside it: keys, versions, digests.

The ledger holds a row if it has its key with a later ``As_Of__c``, or with the same one and the
same values. The values count because two versions of one second may differ: then the ledger may
hold the other one, and only the package can tell that they are a tie.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from bridge.contract import KEYS, LEDGER_ORDER, LedgerRow

_AS_OF = "As_Of__c"


class SentRow(NamedTuple):
    """One row that was published."""

    sobject: str
    key: str
    as_of: int
    """Seconds since the epoch, UTC: Salesforce keeps no parts of a second."""
    digest: str
    """Of its values."""


def dump_sent(rows: Iterable[LedgerRow]) -> str:
    """The rows as the inbox keeps them."""
    return json.dumps(
        [
            SentRow(row.sobject, row.key, int(row.as_of.timestamp()), _digest(row.to_sobject()))
            for row in rows
        ],
        separators=(",", ":"),
    )


def load_sent(text: str) -> list[SentRow]:
    """What :func:`dump_sent` wrote; none for an empty text."""
    return [SentRow(*row) for row in json.loads(text)] if text else []


def columns(sobject: str) -> list[str]:
    """What a query must select for :func:`holds`: every field that the bridge owns."""
    (row,) = (row for row in LEDGER_ORDER if row.sobject == sobject)
    aliases = [field.alias or name for name, field in row.model_fields.items()]
    return [
        f"{alias}.{_PARENT_KEYS[alias]}" if alias in _PARENT_KEYS else alias for alias in aliases
    ]


def holds(row: SentRow, record: Mapping[str, Any] | None) -> bool:
    """Whether a record of the ledger, as REST tells it, is this row or a later one."""
    known = _instant(record.get(_AS_OF)) if record is not None else None
    if record is None or known is None or known < row.as_of:
        return False
    return known > row.as_of or _digest(record) == row.digest


_PARENT_KEYS = {
    f"{sobject.removeprefix('Bridge_').removesuffix('__c')}__r": key
    for sobject, key in KEYS.items()
}


def _digest(values: Mapping[str, Any]) -> str:
    owned: list[str] = []
    for name in sorted(values.keys() - _NOT_OWNED):
        value = values[name]
        if isinstance(value, dict):
            value = value.get(_PARENT_KEYS[name])
        if value is not None and value != "":
            owned += (name, _plain(value))
    return hashlib.blake2b("\0".join(owned).encode(), digest_size=8).hexdigest()


_NOT_OWNED = {"attributes", "Id", "Automation_Hold__c"}


def _plain(value: Any) -> str:
    """A value as it is however it is written: a number's zeros, an instant's zone, spaces."""
    if isinstance(value, str):
        text = value.strip()
        instant = _instant(text) if text[10:11] == "T" else None
        return text if instant is None else str(instant)
    if isinstance(value, bool):
        return str(value)
    return format(Decimal(str(value)).normalize(), "f")


def _instant(text: Any) -> int | None:
    """An instant as Salesforce (``2026-01-01T00:00:00.000+0000``) or the contract writes it."""
    try:
        moment = dt.datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return int(moment.timestamp()) if moment.tzinfo is not None else None
