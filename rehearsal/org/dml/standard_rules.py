"""What standard objects do on their own when they are saved (Object Reference).

Each rule has two moments. `react` runs when values arrive, from the caller and again from before-
save automation: it sets what follows from them. `finish` runs with the other system checks, when
no automation can change the record any more: it sets read-only fields and may refuse.
"""

from __future__ import annotations

import calendar
import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

from rehearsal.org.currencies import CODE
from rehearsal.org.dml.formulas import Moment
from rehearsal.org.errors import SaveError
from rehearsal.org.store import Store
from rehearsal.org.values import Row


class StandardRule(Protocol):
    """The semantics of one standard object."""

    def react(self, new: Row, base: Row, touched: set[str], store: Store) -> None:
        """`touched` names the fields that somebody has just set; `base` is what was before."""

    def finish(self, old: Row | None, new: Row, store: Store, moment: Moment) -> list[SaveError]:
        """Sets derived fields; returns why the record is refused."""

    def delete(self, row: Row) -> SaveError | None:
        """Why the record cannot be deleted."""


class Plain:
    """A rule that sets nothing early, and lets every record be deleted."""

    def react(self, new: Row, base: Row, touched: set[str], store: Store) -> None:
        return

    def delete(self, row: Row) -> SaveError | None:
        return None


class OpportunityRule(Plain):
    """The stage drives probability, forecast category, and whether it is closed or won.

    `Amount` follows the products where there are any: a value sent is ignored without an error
    (Object Reference, "Opportunity"). Only the products themselves write it, with the flag.
    """

    def react(self, new: Row, base: Row, touched: set[str], store: Store) -> None:
        by_products = "HasOpportunityLineItem" in touched
        if base.get("HasOpportunityLineItem") and "Amount" in touched and not by_products:
            new["Amount"] = base.get("Amount")
        if "StageName" not in touched or new.get("StageName") == base.get("StageName"):
            return
        stage = _setting(store, "OpportunityStage", new.get("StageName"))
        if stage is not None:
            if "Probability" not in touched:
                new["Probability"] = stage["DefaultProbability"]
            if "ForecastCategoryName" not in touched:
                new["ForecastCategoryName"] = stage["ForecastCategoryName"]

    def finish(self, old: Row | None, new: Row, store: Store, moment: Moment) -> list[SaveError]:
        errors = kept_by_products(old, new)
        stage = _setting(store, "OpportunityStage", new.get("StageName")) or {}
        new["IsClosed"] = bool(stage.get("IsClosed"))
        new["IsWon"] = bool(stage.get("IsWon"))
        new["HasOpportunityLineItem"] = bool(new.get("HasOpportunityLineItem"))
        category = new.get("ForecastCategoryName")
        new["ForecastCategory"] = _FORECAST_CODES.get(str(category))
        amount, probability = new.get("Amount"), new.get("Probability")
        new["ExpectedRevenue"] = (
            None
            if amount is None or probability is None
            else (amount * probability / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
        )
        return errors


def kept_by_products(old: Row | None, new: Row) -> list[SaveError]:
    """Object Reference, "OpportunityLineItem": an opportunity with products keeps its price book
    and its currency. The status code is not said there."""
    if old is None or not old.get("HasOpportunityLineItem"):
        return []
    return [
        SaveError(
            "FIELD_INTEGRITY_EXCEPTION",
            f"{name} cannot be changed while the opportunity has products",
            (name,),
        )
        for name in ("Pricebook2Id", CODE)
        if old.get(name) is not None and new.get(name) != old.get(name)
    ]


_FORECAST_CODES = {"Commit": "Forecast", "Best Case": "BestCase", "Most Likely": "MostLikely"} | {
    same: same for same in ("Omitted", "Pipeline", "Closed")
}


class ContractRule(Plain):
    """A contract is made as a draft, activated by its status alone, and then keeps its account.

    Object Reference, "Contract"; Salesforce Help, "Cannot edit a Contract's Account Name after it
    has been activated".
    """

    def finish(self, old: Row | None, new: Row, store: Store, moment: Moment) -> list[SaveError]:
        status = _setting(store, "ContractStatus", new.get("Status"))
        code = str(status["StatusCode"]) if status else "Draft"
        errors = self._refusals(old, new, code)
        new["StatusCode"] = code
        new["EndDate"] = end_date(new.get("StartDate"), new.get("ContractTerm"))
        if code == "Activated" and (old is None or old.get("StatusCode") != code):
            new["ActivatedDate"] = moment.now.replace(microsecond=0)
            new["ActivatedById"] = moment.user.id
        return errors

    @staticmethod
    def _refusals(old: Row | None, new: Row, code: str) -> list[SaveError]:
        if old is None:
            if code != "Draft":
                return [_invalid_status()]
            return []
        if old.get("StatusCode") == "Activated":
            if code != "Activated":
                return [_invalid_status()]
            if new.get("AccountId") != old.get("AccountId"):
                return [SaveError("ENTITY_IS_LOCKED", "entity is locked for editing")]
        elif code == "Activated":
            changed = [
                name
                for name, value in new.items()
                if value != old.get(name) and name not in _SET_BY_ACTIVATION
            ]
            if changed:
                return [
                    SaveError(
                        "FAILED_ACTIVATION",
                        "Status is the only field that can be updated when a contract is activated",
                        tuple(changed),
                    )
                ]
        return []

    def delete(self, row: Row) -> SaveError | None:
        if row.get("StatusCode") == "Activated":
            return SaveError("DELETE_FAILED", "Activated contracts cannot be deleted.")
        return None


_SET_BY_ACTIVATION = frozenset(
    {"Status", "StatusCode", "ActivatedDate", "ActivatedById", "EndDate", "LastModifiedDate",
     "LastModifiedById", "SystemModstamp"}
)  # fmt: skip


def _invalid_status() -> SaveError:
    return SaveError(
        "FAILED_ACTIVATION",
        "Choose a valid contract status and save your changes. Ask your admin for details.",
        ("Status",),
    )


def end_date(start: dt.date | None, months: Decimal | None) -> dt.date | None:
    """The last day of a term: the day before the same day `months` later."""
    if start is None or months is None:
        return None
    years, month = divmod(start.year * 12 + start.month - 1 + int(months), 12)
    day = min(start.day, calendar.monthrange(years, month + 1)[1])
    return dt.date(years, month + 1, day) - dt.timedelta(days=1)


class TaskRule(Plain):
    """A task is closed by its status, and belongs to the account of what it is about."""

    def finish(self, old: Row | None, new: Row, store: Store, moment: Moment) -> list[SaveError]:
        status = _setting(store, "TaskStatus", new.get("Status")) or {}
        priority = _setting(store, "TaskPriority", new.get("Priority")) or {}
        was_closed = bool(old and old.get("IsClosed"))
        new["IsClosed"] = bool(status.get("IsClosed"))
        new["IsHighPriority"] = bool(priority.get("IsHighPriority"))
        if new["IsClosed"] != was_closed:
            new["CompletedDateTime"] = (
                moment.now.replace(microsecond=0) if new["IsClosed"] else None
            )
        new["AccountId"] = _account_of(new, store)
        return []


class EventRule(Plain):
    """A calendar event belongs to the account of what it is about."""

    def finish(self, old: Row | None, new: Row, store: Store, moment: Moment) -> list[SaveError]:
        new["AccountId"] = _account_of(new, store)
        return []


def _account_of(new: Row, store: Store) -> str | None:
    for reference in ("WhatId", "WhoId"):
        id_ = new.get(reference)
        sobject = store.object_of(id_) if id_ else None
        if sobject == "Account":
            return str(id_)
        if sobject in {"Opportunity", "Contract", "Contact"}:
            row = store.table(sobject).any(str(id_)) or {}
            if row.get("AccountId"):
                return str(row["AccountId"])
    return None


class PersonRule(Plain):
    """Contact and User: the name is made of its parts."""

    def finish(self, old: Row | None, new: Row, store: Store, moment: Moment) -> list[SaveError]:
        parts = (new.get("FirstName"), new.get("LastName"))
        new["Name"] = " ".join(part for part in parts if part) or None
        return []


class UserRule(PersonRule):
    """A user is active from the start unless it says otherwise; its username is an e-mail."""

    def react(self, new: Row, base: Row, touched: set[str], store: Store) -> None:
        if not base and "IsActive" not in touched:
            new["IsActive"] = True

    def finish(self, old: Row | None, new: Row, store: Store, moment: Moment) -> list[SaveError]:
        super().finish(old, new, store, moment)
        new["UserType"] = new.get("UserType") or "Standard"
        username = str(new.get("Username") or "")
        if "@" not in username.strip("@"):
            return [
                SaveError(
                    "INVALID_EMAIL_ADDRESS",
                    f"Username: invalid email address: {username}",
                    ("Username",),
                )
            ]
        return []


class AssignmentRule(Plain):
    """A permission set is assigned to a user once."""

    def finish(self, old: Row | None, new: Row, store: Store, moment: Moment) -> list[SaveError]:
        new["IsActive"] = True
        held = store.table("PermissionSetAssignment").find("AssigneeId", (new["AssigneeId"],))
        if any(row["PermissionSetId"] == new["PermissionSetId"] for row in held or ()):
            return [SaveError("DUPLICATE_VALUE", "Duplicate PermissionSetAssignment.")]
        return []


def _setting(store: Store, sobject: str, value: object) -> Row | None:
    """The stage or status record of a picklist value."""
    return next((row for row in store.table(sobject).rows() if row["ApiName"] == value), None)
