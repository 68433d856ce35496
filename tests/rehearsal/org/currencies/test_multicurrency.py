"""`CurrencyIsoCode`, and what is converted where (Help, "Manage Multiple Currencies")."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rehearsal.org.errors import QueryError
from rehearsal.org.org import Org
from tests.rehearsal.org.conftest import Desk, ProjectFiles, add_ledger, codes, open_desk
from tests.rehearsal.org.currencies.conftest import MULTICURRENCY, open_with


def total(desk: Desk, ledger: str) -> Decimal:
    found: Decimal = desk.one(f"SELECT Total__c FROM Ledger__c WHERE Id = '{ledger}'")["Total__c"]
    return found


# --- the field -------------------------------------------------------------------------


def test_new_record_has_its_makers_currency(euros: Desk) -> None:
    euros.insert_one("Account", Name="Acme")
    admin = euros.org.admin.id
    euros.update("User", {"Id": admin, "DefaultCurrencyIsoCode": "EUR"})
    euros.insert_one("Account", Name="Euro")
    rows = euros.soql("SELECT CurrencyIsoCode FROM Account ORDER BY Name")
    assert [row["CurrencyIsoCode"] for row in rows] == ["USD", "EUR"]


@pytest.mark.parametrize("code", ["CHF", "XXX", "usd", ""])
def test_inactive_unknown_and_empty_codes_are_refused(euros: Desk, code: str) -> None:
    refused = euros.insert("Account", {"Name": "Acme", "CurrencyIsoCode": code})
    assert codes(*refused) == [["INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"]]
    assert refused[0].errors[0].fields == ("CurrencyIsoCode",)
    account = euros.insert_one("Account", Name="Acme")
    refused = euros.update("Account", {"Id": account, "CurrencyIsoCode": code})
    assert codes(*refused) == [["INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"]]


def test_record_that_changes_its_currency_keeps_its_numbers(euros: Desk) -> None:
    account = euros.insert_one("Account", Name="Acme", AnnualRevenue=100)
    euros.update("Account", {"Id": account, "CurrencyIsoCode": "JPY"})
    row = euros.one("SELECT AnnualRevenue, CurrencyIsoCode FROM Account")
    assert (row["AnnualRevenue"], row["CurrencyIsoCode"]) == (100, "JPY")


def test_detail_has_a_currency_of_its_own(euros: Desk) -> None:
    ledger = euros.insert_one("Ledger__c", CurrencyIsoCode="EUR")
    euros.insert_one("Entry__c", Ledger__c=ledger, Amount__c=1)
    assert euros.one("SELECT CurrencyIsoCode FROM Entry__c")["CurrencyIsoCode"] == "USD"


def test_events_and_custom_metadata_have_no_currency(files: ProjectFiles) -> None:
    add_ledger(files)
    files.event("Ping__e")
    desk = open_with(files, MULTICURRENCY)
    assert desk.org.schema.objects["ping__e"].find("CurrencyIsoCode") is None
    assert desk.org.schema.objects["opportunitystage"].find("CurrencyIsoCode") is None


def test_currency_types_say_rate_places_and_state(euros: Desk) -> None:
    rows = euros.soql(
        "SELECT IsoCode, ConversionRate, DecimalPlaces, IsActive, IsCorporate FROM CurrencyType "
        "ORDER BY IsoCode"
    )
    assert [tuple(row.values())[2:] for row in rows] == [
        ("CHF", Decimal("0.9"), 2, False, False),
        ("EUR", Decimal("0.8"), 2, True, False),
        ("JPY", Decimal(150), 0, True, False),
        ("USD", Decimal(1), 2, True, True),
    ]


def test_currency_types_are_not_written_by_dml(euros: Desk) -> None:
    refused = euros.insert("CurrencyType", {"IsoCode": "GBP"})
    assert codes(*refused) == [["CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"]]


def test_single_currency_org_does_not_know_the_names(desk: Desk) -> None:
    for query in ("SELECT CurrencyIsoCode FROM Account", "SELECT Id FROM CurrencyType"):
        with pytest.raises(QueryError):
            desk.soql(query)
    refused = desk.insert("Account", {"Name": "Acme", "CurrencyIsoCode": "USD"})
    assert codes(*refused) == [["INVALID_FIELD"]]


# --- roll-ups --------------------------------------------------------------------------


def test_roll_up_is_in_the_currency_of_the_master(euros: Desk) -> None:
    ledger = euros.insert_one("Ledger__c", CurrencyIsoCode="EUR")
    euros.insert(
        "Entry__c",
        {"Ledger__c": ledger, "Amount__c": 100, "CurrencyIsoCode": "USD"},
        {"Ledger__c": ledger, "Amount__c": 7, "CurrencyIsoCode": "EUR"},
        {"Ledger__c": ledger, "Amount__c": 1500, "CurrencyIsoCode": "JPY"},
    )
    assert total(euros, ledger) == Decimal("95.00")


def test_roll_up_follows_the_currency_of_details_and_master(euros: Desk) -> None:
    ledger = euros.insert_one("Ledger__c", CurrencyIsoCode="EUR")
    entry = euros.insert_one("Entry__c", Ledger__c=ledger, Amount__c=100)
    euros.update("Entry__c", {"Id": entry, "CurrencyIsoCode": "EUR"})
    assert total(euros, ledger) == 100
    euros.update("Ledger__c", {"Id": ledger, "CurrencyIsoCode": "USD"})
    assert total(euros, ledger) == 125


def test_counts_and_dates_are_not_converted(euros: Desk) -> None:
    ledger = euros.insert_one("Ledger__c", CurrencyIsoCode="JPY")
    euros.insert_one("Entry__c", Ledger__c=ledger, Amount__c=100, Date__c="2026-01-02")
    row = euros.one("SELECT Entries__c, Last_Date__c FROM Ledger__c")
    assert (row["Entries__c"], str(row["Last_Date__c"])) == (1, "2026-01-02")


def test_new_rate_moves_roll_ups_and_nothing_else(euros: Desk) -> None:
    ledger = euros.insert_one("Ledger__c", CurrencyIsoCode="EUR")
    euros.insert_one("Entry__c", Ledger__c=ledger, Amount__c=100)
    euros.triggers.log.clear()
    euros.org.set_rate("EUR", Decimal("0.9"))
    assert total(euros, ledger) == 90
    assert euros.one("SELECT Amount__c FROM Entry__c")["Amount__c"] == 100
    assert euros.triggers.log == []


@pytest.mark.parametrize(("code", "error"), [("GBP", KeyError), ("USD", ValueError)])
def test_rates_of_the_corporate_and_of_unknown_currencies_are_not_set(
    euros: Desk, code: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        euros.org.set_rate(code, Decimal(2))


AMOUNTS = st.lists(
    st.tuples(
        st.decimals(-1000, 1000, places=2), st.sampled_from(["USD", "EUR", "JPY"]), st.booleans()
    ),
    max_size=6,
)


@given(amounts=AMOUNTS, own=st.sampled_from(["USD", "EUR", "JPY"]))
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_roll_up_equals_the_sum_of_converted_amounts(
    euros: Desk, amounts: list[tuple[Decimal, str, bool]], own: str
) -> None:
    ledger = euros.insert_one("Ledger__c", CurrencyIsoCode=own)
    if amounts:
        euros.insert(
            "Entry__c",
            *(
                {"Ledger__c": ledger, "Amount__c": amount, "CurrencyIsoCode": code,
                 "In_Totals__c": counts}
                for amount, code, counts in amounts
            ),
        )  # fmt: skip
    per_dollar = {"USD": Decimal(1), "EUR": Decimal("0.8"), "JPY": Decimal(150)}
    exact = sum(
        (amount / per_dollar[code] * per_dollar[own] for amount, code, counts in amounts if counts),
        Decimal(0),
    )
    assert abs(total(euros, ledger) - exact) <= Decimal("0.005")


# --- queries ---------------------------------------------------------------------------


@pytest.fixture
def mixed(euros: Desk) -> Desk:
    ledger = euros.insert_one("Ledger__c")
    euros.insert(
        "Entry__c",
        {"Ledger__c": ledger, "Amount__c": 90, "CurrencyIsoCode": "EUR", "Note__c": "e"},
        {"Ledger__c": ledger, "Amount__c": 100, "CurrencyIsoCode": "USD", "Note__c": "u"},
        {"Ledger__c": ledger, "Amount__c": 150, "CurrencyIsoCode": "JPY", "Note__c": "j"},
    )
    return euros


def test_aggregates_of_amounts_are_in_the_corporate_currency(mixed: Desk) -> None:
    row = mixed.one(
        "SELECT SUM(Amount__c) s, AVG(Amount__c) a, MIN(Amount__c) low, MAX(Amount__c) high, "
        "COUNT(Amount__c) n FROM Entry__c"
    )
    assert (row["s"], row["a"]) == (Decimal("213.5"), Decimal("213.5") / 3)
    assert (row["low"], row["high"], row["n"]) == (1, Decimal("112.5"), 3)


def test_grouping_by_currency_still_shows_the_corporate_one(mixed: Desk) -> None:
    rows = mixed.soql(
        "SELECT CurrencyIsoCode, SUM(Amount__c) FROM Entry__c GROUP BY CurrencyIsoCode "
        "HAVING SUM(Amount__c) > 100"
    )
    assert rows == [{"CurrencyIsoCode": "EUR", "expr0": Decimal("112.5")}]


def test_aggregate_of_a_parents_amount_takes_the_parents_currency(euros: Desk) -> None:
    account = euros.insert_one("Account", Name="A", AnnualRevenue=80, CurrencyIsoCode="EUR")
    euros.insert_one("Ledger__c", Account__c=account)
    row = euros.one("SELECT SUM(Account__r.AnnualRevenue) s FROM Ledger__c")
    assert row["s"] == 100


def test_order_goes_by_converted_amounts_and_filters_by_numbers(mixed: Desk) -> None:
    rows = mixed.soql("SELECT Note__c FROM Entry__c ORDER BY Amount__c DESC")
    assert [row["Note__c"] for row in rows] == ["e", "u", "j"]
    rows = mixed.soql("SELECT Note__c FROM Entry__c WHERE Amount__c > 95 ORDER BY Note__c")
    assert [row["Note__c"] for row in rows] == ["j", "u"]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT convertCurrency(Amount__c) FROM Entry__c",
        "SELECT Id FROM Entry__c WHERE Amount__c > USD5000",
        "SELECT COUNT_DISTINCT(Amount__c) FROM Entry__c",
    ],
)
def test_what_this_org_does_not_convert_is_refused(mixed: Desk, query: str) -> None:
    with pytest.raises(QueryError):
        mixed.soql(query)


# --- formulas --------------------------------------------------------------------------


def test_formula_has_a_parents_amount_in_its_own_records_currency(files: ProjectFiles) -> None:
    """Help, "Advanced Currency Management Considerations": cross-object formulas use the static
    rate for their conversion."""
    add_ledger(files)
    files.field(
        "Ledger__c",
        "Revenue__c",
        "Currency",
        "<precision>18</precision><scale>2</scale><formula>Account__r.AnnualRevenue</formula>",
    )
    files.rule("Ledger__c", "Same", 'TEXT(CurrencyIsoCode) = "JPY"', "No yen.")
    desk = open_with(files, MULTICURRENCY)
    account = desk.insert_one("Account", Name="A", AnnualRevenue=80, CurrencyIsoCode="EUR")
    desk.insert_one("Ledger__c", Account__c=account)
    assert desk.one("SELECT Revenue__c FROM Ledger__c")["Revenue__c"] == 100
    refused = desk.insert("Ledger__c", {"Account__c": account, "CurrencyIsoCode": "JPY"})
    assert codes(*refused) == [["FIELD_CUSTOM_VALIDATION_EXCEPTION"]]


def test_formula_does_not_name_a_currency_in_a_single_currency_org(files: ProjectFiles) -> None:
    add_ledger(files)
    files.rule("Ledger__c", "Same", 'TEXT(CurrencyIsoCode) = "JPY"', "No yen.")
    with pytest.raises(Exception, match="CurrencyIsoCode"):
        open_desk(files)


# --- Apex ------------------------------------------------------------------------------

APEX = """
@IsTest
private class Money {
    @IsTest
    static void it_should_reach_the_currency_dynamically() {
        System.assertEquals(%s, UserInfo.isMultiCurrencyOrganization());
        System.assertEquals('USD', UserInfo.getDefaultCurrency());
        Account made = new Account(Name = 'A');
        Boolean there = true;
        try {
            made.put('CurrencyIsoCode', 'EUR');
        } catch (SObjectException refused) {
            there = false;
        }
        System.assertEquals(UserInfo.isMultiCurrencyOrganization(), there);
        System.assertEquals(
            there,
            Schema.SObjectType.Account.fields.getMap().containsKey('CurrencyIsoCode')
        );
        insert made;
        if (there) {
            SObject again = Database.query('SELECT CurrencyIsoCode FROM Account');
            System.assertEquals('EUR', again.get('CurrencyIsoCode'));
        }
    }
}
"""


@pytest.mark.parametrize("options", [None, MULTICURRENCY])
def test_apex_reaches_the_currency_where_there_is_one(files: ProjectFiles, options: object) -> None:
    from rehearsal.org.apex.testing import run_tests

    files.write("classes/Money.cls", APEX % ("true" if options else "false"))
    files.meta(
        "classes/Money.cls-meta.xml",
        "ApexClass",
        "<apiVersion>66.0</apiVersion><status>Active</status>",
    )
    org = Org.load(files.root, options=MULTICURRENCY if options else None)
    assert [str(result) for result in run_tests(org, None)] == [
        "PASS Money.it_should_reach_the_currency_dynamically"
    ]
