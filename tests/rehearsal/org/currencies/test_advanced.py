"""Advanced currency management (Help, "About Advanced Currency Management")."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from rehearsal.org.errors import MetadataError, QueryError
from rehearsal.org.source import load_project
from tests.rehearsal.org.conftest import Desk, ProjectFiles, add_ledger
from tests.rehearsal.org.currencies.conftest import ADVANCED, MULTICURRENCY, open_with


@pytest.fixture
def dated(files: ProjectFiles) -> Desk:
    add_ledger(files)
    return open_with(files, ADVANCED)


def test_dated_rates_hold_from_their_day_to_the_next(dated: Desk) -> None:
    rows = dated.soql(
        "SELECT ConversionRate, NextStartDate FROM DatedConversionRate WHERE IsoCode = 'EUR' "
        "ORDER BY StartDate"
    )
    assert [(row["ConversionRate"], row["NextStartDate"]) for row in rows] == [
        (Decimal("0.8"), dt.date(2026, 1, 1)),
        (Decimal("0.5"), dt.date(9999, 12, 31)),
    ]


def test_org_without_it_has_no_dated_rates(euros: Desk) -> None:
    with pytest.raises(QueryError):
        euros.soql("SELECT Id FROM DatedConversionRate")


def test_roll_ups_and_aggregates_of_custom_objects_use_the_static_rate(dated: Desk) -> None:
    ledger = dated.insert_one("Ledger__c")
    dated.insert_one("Entry__c", Ledger__c=ledger, Amount__c=8, CurrencyIsoCode="EUR")
    assert dated.one("SELECT Total__c FROM Ledger__c")["Total__c"] == 10
    assert dated.one("SELECT SUM(Amount__c) s FROM Entry__c")["s"] == 10


@pytest.mark.parametrize(
    "query",
    ["SELECT SUM(Amount) FROM Opportunity", "SELECT Id FROM Opportunity ORDER BY Amount"],
)
def test_what_may_use_dated_rates_is_refused(dated: Desk, query: str) -> None:
    with pytest.raises(QueryError, match="not supported by the local org"):
        dated.soql(query)


def add_roll_up(files: ProjectFiles, kind: str) -> None:
    files.object("Line__c", "ControlledByParent")
    files.field(
        "Line__c",
        "Opportunity__c",
        "MasterDetail",
        "<referenceTo>Opportunity</referenceTo><relationshipName>Lines</relationshipName>",
    )
    files.field("Line__c", "Amount__c", kind, "<precision>18</precision><scale>2</scale>")
    files.field(
        "Opportunity",
        "Lines__c",
        "Summary",
        "<summarizedField>Line__c.Amount__c</summarizedField>"
        "<summaryForeignKey>Line__c.Opportunity__c</summaryForeignKey>"
        "<summaryOperation>sum</summaryOperation>",
    )


def test_currency_roll_up_of_a_custom_object_on_opportunity_is_invalid(files: ProjectFiles) -> None:
    add_roll_up(files, "Currency")
    load_project(files.root, MULTICURRENCY)
    with pytest.raises(MetadataError, match=r"Lines__c: .* advanced currency management"):
        load_project(files.root, ADVANCED)


def test_roll_up_of_a_number_is_not(files: ProjectFiles) -> None:
    add_roll_up(files, "Number")
    load_project(files.root, ADVANCED)


def test_currency_roll_up_of_opportunities_on_account_is_invalid(files: ProjectFiles) -> None:
    files.field(
        "Account",
        "Pipeline__c",
        "Summary",
        "<summarizedField>Opportunity.Amount</summarizedField>"
        "<summaryForeignKey>Opportunity.AccountId</summaryForeignKey>"
        "<summaryOperation>sum</summaryOperation>",
    )
    with pytest.raises(MetadataError, match="advanced currency management"):
        load_project(files.root, ADVANCED)
    desk = open_with(files, MULTICURRENCY)
    account = desk.insert_one("Account", Name="A", CurrencyIsoCode="EUR")
    deal = {"Name": "D", "StageName": "Prospecting", "CloseDate": dt.date(2026, 12, 1)}
    desk.insert_one("Opportunity", **deal, AccountId=account, Amount=100)
    desk.insert_one("Opportunity", **deal, Amount=1)
    assert desk.one("SELECT Pipeline__c FROM Account")["Pipeline__c"] == 80
