"""A sheet of Stripe customers and Accounts: what it says, and which lines cannot be meant so."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bridge.errors import BridgeError

CUSTOMER_COLUMNS = ("Stripe Customer Id", "Customer Id", "Stripe Id", "Stripe Customer", "Customer")
ACCOUNT_COLUMNS = ("Account Id", "Salesforce Account Id", "Salesforce Id", "Account")
"""Names of the two columns, the likeliest first; case, spaces and signs do not matter."""

_CUSTOMER = re.compile(r"cus_[A-Za-z0-9_]+")
_ACCOUNT = re.compile(r"001[A-Za-z0-9]{12}([A-Za-z0-9]{3})?")
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


class SheetError(BridgeError):
    """A sheet that is none: no such columns, or nothing that can be read."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the sheet; the Account's id has 18 characters."""

    number: int
    """As an editor counts, the header being 1."""
    customer: str
    account: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that is not carried out, with the reason."""

    number: int
    customer: str
    account: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a sheet says. ``skipped`` lines name no Account: they are left for later."""

    lines: tuple[Line, ...]
    rejected: tuple[Rejected, ...]
    skipped: int


def read_sheet(
    text: str, *, customer_column: str | None = None, account_column: str | None = None
) -> Sheet:
    """The lines of a CSV with a header; separated by commas, semicolons or tabs.

    Raises SheetError where the columns are not there.
    """
    lines = io.StringIO(text, newline="")
    rows = csv.reader(lines, delimiter=_delimiter(text), strict=True)
    try:
        header = next(rows, [])
        if not any(header):
            raise SheetError("the file is empty: its first line must name the columns")
        at = (
            _column(header, customer_column, CUSTOMER_COLUMNS, "the Stripe customer's id"),
            _column(header, account_column, ACCOUNT_COLUMNS, "the Account's id"),
        )
        return _sheet([(rows.line_num, *_cells(row, at)) for row in rows])
    except csv.Error as error:
        raise SheetError(f"line {rows.line_num}: {error}") from None


def _sheet(rows: Iterable[tuple[int, str, str]]) -> Sheet:
    lines: list[Line] = []
    rejected: list[Rejected] = []
    skipped = 0
    for number, customer, account in rows:
        if not account:
            skipped += bool(customer)
            continue
        reason = _why_not(customer, account)
        if reason is not None:
            rejected.append(Rejected(number, customer, account, reason))
        else:
            lines.append(Line(number, customer, full_id(account)))
    kept, doubled = _once_each(lines)
    return Sheet(tuple(kept), tuple(sorted([*rejected, *doubled], key=_number)), skipped)


def _number(rejected: Rejected) -> int:
    return rejected.number


def _once_each(lines: Sequence[Line]) -> tuple[list[Line], list[Rejected]]:
    """A customer once; one with two Accounts is nobody's to choose."""
    by_customer: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_customer[line.customer].append(line)
    kept: list[Line] = []
    doubled: list[Rejected] = []
    for same in by_customer.values():
        if len({line.account for line in same}) == 1:
            kept.append(same[0])
            continue
        numbers = ", ".join(str(line.number) for line in same)
        doubled += [
            Rejected(each.number, each.customer, each.account, f"lines {numbers} contradict")
            for each in same
        ]
    return kept, doubled


def _why_not(customer: str, account: str) -> str | None:
    if not _CUSTOMER.fullmatch(customer):
        return f"{customer or 'nothing'} is no Stripe customer's id (cus_…)"
    if not _ACCOUNT.fullmatch(account):
        return f"{account} is no Account's id (001…, 15 or 18 characters)"
    if len(account) == 18 and full_id(account[:15]) != account:
        return f"{account}: its last three characters do not fit; upper and lower case matter"
    return None


def full_id(record_id: str) -> str:
    """An id of 15 characters with the three that say which of them are upper case.

    Salesforce Help, "What are the 18-character IDs".
    """
    if len(record_id) == 18:
        return record_id
    parts = (record_id[start : start + 5] for start in (0, 5, 10))
    return record_id + "".join(
        _SUFFIX[sum(1 << place for place, sign in enumerate(part) if sign.isupper())]
        for part in parts
    )


def _delimiter(text: str) -> str:
    header = text.partition("\n")[0]
    return max(",;\t", key=header.count)


def _cells(row: Sequence[str], at: tuple[int, int]) -> tuple[str, str]:
    first, second = (row[place].strip() if place < len(row) else "" for place in at)
    return first, second


def _column(header: Sequence[str], named: str | None, known: Sequence[str], what: str) -> int:
    wanted = known if named is None else (named,)
    names = [_plain(name) for name in header]
    for name in wanted:
        places = [place for place, each in enumerate(names) if each == _plain(name)]
        if len(places) > 1:
            raise SheetError(f"two columns are called {header[places[0]]!r}: rename one")
        if places:
            return places[0]
    raise SheetError(
        f"no column holds {what}: it must be called {' or '.join(repr(name) for name in wanted)}, "
        f"and the columns are {', '.join(repr(name.strip()) for name in header)}"
    )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower().removesuffix("__c"))
