"""Opportunity products (Object Reference, "OpportunityLineItem", "PricebookEntry")."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rehearsal.org.options import Currencies, OrgOptions
from rehearsal.org.ports import Operation, Timing
from tests.rehearsal.org.currencies.conftest import open_with

from ..conftest import add_ledger, codes

DEAL = {"Name": "D", "StageName": "Prospecting", "CloseDate": "2026-12-01"}


def stocked(desk):
    """The desk, an opportunity with an amount of its own, and prices of two products."""
    ids = desk.org.seed(
        {
            "Product2": [
                {"$ref": "seat", "Name": "Seat", "ProductCode": "S-1", "IsActive": True},
                {"$ref": "setup", "Name": "Setup", "IsActive": True},
            ],
            "PricebookEntry": [
                {"$ref": f"{name}_price", "Pricebook2Id": "@StandardPricebook",
                 "Product2Id": f"@{name}", "UnitPrice": price, "IsActive": True}
                for name, price in (("seat", 10), ("setup", 500))
            ],
            "Opportunity": [{**DEAL, "$ref": "deal", "Amount": 7}],
        }
    )  # fmt: skip
    return desk, ids


@pytest.fixture
def shop(desk):
    return stocked(desk)


def line(ids, product="seat", **values):
    return {
        "OpportunityId": ids["deal"], "PricebookEntryId": ids[f"{product}_price"], "Quantity": 3,
        **values,
    }  # fmt: skip


def deal(desk):
    return desk.one("SELECT Amount, HasOpportunityLineItem, Pricebook2Id FROM Opportunity")


def test_products_make_the_amount(shop):
    desk, ids = shop
    desk.insert_one("OpportunityLineItem", **line(ids, UnitPrice=9))
    desk.insert_one("OpportunityLineItem", **line(ids, "setup", Quantity=1, TotalPrice=400))
    row = deal(desk)
    assert (row["Amount"], row["HasOpportunityLineItem"]) == (427, True)
    assert row["Pricebook2Id"] is not None
    rows = desk.soql(
        "SELECT Name, ProductCode, ListPrice, UnitPrice, TotalPrice FROM OpportunityLineItem "
        "ORDER BY TotalPrice"
    )
    assert [tuple(row.values())[2:] for row in rows] == [
        ("D Seat", "S-1", 10, 9, 27),
        ("D Setup", None, 500, 400, 400),
    ]


def test_amount_that_is_written_is_ignored_without_an_error(shop):
    desk, ids = shop
    desk.insert_one("OpportunityLineItem", **line(ids, UnitPrice=10))
    (result,) = desk.update("Opportunity", {"Id": ids["deal"], "Amount": 99, "NextStep": "x"})
    assert result.success
    row = desk.one("SELECT Amount, NextStep FROM Opportunity")
    assert (row["Amount"], row["NextStep"]) == (30, "x")


def test_amount_follows_changes_and_deletes_of_lines(shop):
    desk, ids = shop
    first = desk.insert_one("OpportunityLineItem", **line(ids, UnitPrice=10))
    second = desk.insert_one("OpportunityLineItem", **line(ids, "setup", UnitPrice=500))
    desk.update("OpportunityLineItem", {"Id": first, "Quantity": 5})
    assert deal(desk)["Amount"] == 1550
    desk.update("OpportunityLineItem", {"Id": first, "TotalPrice": 25})
    assert deal(desk)["Amount"] == 1525
    price = desk.one(f"SELECT UnitPrice FROM OpportunityLineItem WHERE Id = '{first}'")
    assert price["UnitPrice"] == 5
    desk.delete("OpportunityLineItem", second)
    assert deal(desk)["Amount"] == 25
    refused = desk.delete("OpportunityLineItem", first)
    assert "not supported by the local org" in refused[0].errors[0].message


def test_opportunity_goes_through_its_own_save(shop):
    desk, ids = shop
    desk.triggers.on("Opportunity", Timing.AFTER, Operation.UPDATE)(lambda tx, changes: None)
    desk.insert("OpportunityLineItem", line(ids, UnitPrice=1), line(ids, "setup", UnitPrice=2))
    assert desk.triggers.log == [("Opportunity", Timing.AFTER, Operation.UPDATE, 1)]


def test_products_go_with_their_opportunity_and_come_back(shop):
    desk, ids = shop
    desk.insert_one("OpportunityLineItem", **line(ids, UnitPrice=10))
    desk.delete("Opportunity", ids["deal"])
    assert desk.soql("SELECT Id FROM OpportunityLineItem") == []
    desk.org.run(lambda tx: tx.undelete("Opportunity", [ids["deal"]]), user=desk.org.admin)
    assert len(desk.soql("SELECT Id FROM OpportunityLineItem")) == 1
    assert deal(desk)["Amount"] == 30


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({}, "REQUIRED_FIELD_MISSING"),
        ({"UnitPrice": 1, "Quantity": 0}, "REQUIRED_FIELD_MISSING"),
        ({"UnitPrice": 1, "TotalPrice": 3}, "FIELD_INTEGRITY_EXCEPTION"),
    ],
)
def test_line_needs_one_price_and_a_quantity(shop, values, code):
    desk, ids = shop
    assert codes(*desk.insert("OpportunityLineItem", line(ids, **values))) == [[code]]


def test_custom_price_needs_the_standard_one_and_is_there_once(shop):
    desk, ids = shop
    book = desk.insert_one("Pricebook2", Name="Partners", IsActive=True)
    product = desk.insert_one("Product2", Name="New", IsActive=True)
    price = {"Pricebook2Id": book, "Product2Id": product, "UnitPrice": 1, "IsActive": True}
    assert codes(*desk.insert("PricebookEntry", price)) == [["STANDARD_PRICE_NOT_DEFINED"]]
    seat = {**price, "Product2Id": ids["seat"]}
    assert codes(*desk.insert("PricebookEntry", seat)) == [[]]
    assert codes(*desk.insert("PricebookEntry", seat)) == [["DUPLICATE_VALUE"]]


def test_line_comes_from_the_price_book_of_the_opportunity(shop):
    desk, ids = shop
    desk.insert_one("OpportunityLineItem", **line(ids, UnitPrice=10))
    book = desk.insert_one("Pricebook2", Name="Partners", IsActive=True)
    other = desk.insert_one(
        "PricebookEntry", Pricebook2Id=book, Product2Id=ids["seat"], UnitPrice=1, IsActive=True
    )
    refused = desk.insert("OpportunityLineItem", line(ids, UnitPrice=1, PricebookEntryId=other))
    assert codes(*refused) == [["FIELD_INTEGRITY_EXCEPTION"]]
    refused = desk.update("Opportunity", {"Id": ids["deal"], "Pricebook2Id": book})
    assert codes(*refused) == [["FIELD_INTEGRITY_EXCEPTION"]]


def test_inactive_price_makes_no_line(shop):
    desk, ids = shop
    desk.update("PricebookEntry", {"Id": ids["seat_price"], "IsActive": False})
    refused = desk.insert("OpportunityLineItem", line(ids, UnitPrice=1))
    assert codes(*refused) == [["FIELD_INTEGRITY_EXCEPTION"]]


def test_line_is_in_the_currency_of_its_opportunity(files):
    add_ledger(files)
    euros = OrgOptions(currencies=Currencies(rates={"EUR": Decimal("0.8")}))
    desk, ids = stocked(open_with(files, euros))
    desk.update("Opportunity", {"Id": ids["deal"], "CurrencyIsoCode": "EUR"})
    refused = desk.insert("OpportunityLineItem", line(ids, UnitPrice=1))
    assert codes(*refused) == [["FIELD_INTEGRITY_EXCEPTION"]]
    desk.update("Opportunity", {"Id": ids["deal"], "CurrencyIsoCode": "USD"})
    desk.insert_one("OpportunityLineItem", **line(ids, UnitPrice=1))
    refused = desk.update("Opportunity", {"Id": ids["deal"], "CurrencyIsoCode": "EUR"})
    assert codes(*refused) == [["FIELD_INTEGRITY_EXCEPTION"]]


def test_custom_roll_up_over_products(files):
    add_ledger(files)
    files.field(
        "Opportunity",
        "Lines__c",
        "Summary",
        "<summaryForeignKey>OpportunityLineItem.OpportunityId</summaryForeignKey>"
        "<summaryOperation>count</summaryOperation>",
    )
    desk, ids = stocked(open_with(files, OrgOptions()))
    desk.insert_one("OpportunityLineItem", **line(ids, UnitPrice=1))
    assert desk.one("SELECT Lines__c FROM Opportunity")["Lines__c"] == 1
