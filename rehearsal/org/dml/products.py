"""Products, their prices, and what they make of an opportunity.

Object Reference, "OpportunityLineItem", "PricebookEntry", "Opportunity": the amount of an
opportunity with products is the sum of their total prices. Schedules, discounts and quantities of
opportunities do not exist here.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from rehearsal.org.currencies import CODE
from rehearsal.org.dml.formulas import Moment
from rehearsal.org.dml.standard_rules import Plain
from rehearsal.org.errors import SaveError
from rehearsal.org.store import Store
from rehearsal.org.values import Row

LINE = "OpportunityLineItem"
_CENT = Decimal("0.01")


class EntryRule(Plain):
    """A product has one price in a price book and currency, and the standard price first."""

    def finish(self, old: Row | None, new: Row, store: Store, moment: Moment) -> list[SaveError]:
        product = _row(store, "Product2", new.get("Product2Id"))
        new["Name"], new["ProductCode"] = product.get("Name"), product.get("ProductCode")
        if old is not None:
            return []
        prices = [
            row
            for row in store.table("PricebookEntry").find("Product2Id", (product.get("Id"),)) or ()
            if row.get(CODE) == new.get(CODE)
        ]
        if any(row["Pricebook2Id"] == new.get("Pricebook2Id") for row in prices):
            return [
                SaveError(
                    "DUPLICATE_VALUE", "This price definition already exists in this price book"
                )
            ]
        standard = [_row(store, "Pricebook2", row["Pricebook2Id"]) for row in prices]
        book = _row(store, "Pricebook2", new.get("Pricebook2Id"))
        if not book.get("IsStandard") and not any(row.get("IsStandard") for row in standard):
            return [
                SaveError(
                    "STANDARD_PRICE_NOT_DEFINED",
                    "Before creating a custom price, create a standard price.",
                )
            ]
        return []


class LineRule(Plain):
    """A line has either price, and the other follows; it comes from the opportunity's price book,
    in its currency."""

    def react(self, new: Row, base: Row, touched: set[str], store: Store) -> None:
        """A new line has the currency of its opportunity."""
        if not base and CODE in new and CODE not in touched:
            new[CODE] = _row(store, "Opportunity", new.get("OpportunityId")).get(CODE)

    def finish(self, old: Row | None, new: Row, store: Store, moment: Moment) -> list[SaveError]:
        entry = _row(store, "PricebookEntry", new.get("PricebookEntryId"))
        deal = _row(store, "Opportunity", new.get("OpportunityId"))
        for name in ("Product2Id", "ProductCode"):
            new[name] = entry.get(name)
        new["Name"] = f"{deal.get('Name')} {entry.get('Name')}"[:376]
        new["ListPrice"] = entry.get("UnitPrice")
        errors = self._belongs(old, new, entry, deal, store)
        return errors or self._priced(old, new)

    @staticmethod
    def _belongs(old: Row | None, new: Row, entry: Row, deal: Row, store: Store) -> list[SaveError]:
        book = _row(store, "Pricebook2", entry.get("Pricebook2Id"))
        if old is None and not (entry.get("IsActive") and book.get("IsActive")):
            problem = "pricebook entry is inactive"
        elif deal.get("Pricebook2Id") not in {None, entry.get("Pricebook2Id")}:
            problem = (
                "pricebook entry is in a different pricebook than the one assigned to the "
                "opportunity"
            )
        elif len({row.get(CODE) for row in (new, entry, deal)}) > 1:
            problem = "pricebook entry currency code does not match opportunity currency code"
        else:
            return []
        return [SaveError("FIELD_INTEGRITY_EXCEPTION", problem, ("PricebookEntryId",))]

    @staticmethod
    def _priced(old: Row | None, new: Row) -> list[SaveError]:
        """`TotalPrice` and `UnitPrice`: one is given at a time, at first one of them must be."""
        before = old or {}
        given = [
            name
            for name in ("UnitPrice", "TotalPrice")
            if new.get(name) is not None and new.get(name) != before.get(name)
        ]
        if len(given) == 2:
            return [
                SaveError(
                    "FIELD_INTEGRITY_EXCEPTION",
                    "not supported by the local org: UnitPrice and TotalPrice in one save",
                    tuple(given),
                )
            ]
        quantity = new.get("Quantity")
        if (not given and old is None) or not quantity:
            missing = "TotalPrice" if quantity else "Quantity"
            message = f"Required fields are missing: [{missing}]"
            return [SaveError("REQUIRED_FIELD_MISSING", message, (missing,))]
        if given == ["TotalPrice"]:
            new["UnitPrice"] = (new["TotalPrice"] / quantity).quantize(_CENT, ROUND_HALF_UP)
        else:
            new["TotalPrice"] = (new["UnitPrice"] * quantity).quantize(_CENT, ROUND_HALF_UP)
        return []


def totals(store: Store, opportunity: str) -> Row:
    """What the lines of an opportunity write to it. Raises SaveError for the last one gone: what
    becomes of the amount then is not said."""
    lines = list(store.table(LINE).find("OpportunityId", (opportunity,)) or ())
    if not lines:
        raise SaveError(
            "DELETE_FAILED", "not supported by the local org: deleting the last product"
        )
    entry = _row(store, "PricebookEntry", lines[0]["PricebookEntryId"])
    return {
        "HasOpportunityLineItem": True,
        "Amount": sum((line["TotalPrice"] for line in lines), Decimal(0)),
        "Pricebook2Id": entry["Pricebook2Id"],
    }


def _row(store: Store, sobject: str, id_: object) -> Row:
    return store.table(sobject).any(str(id_)) or {}
