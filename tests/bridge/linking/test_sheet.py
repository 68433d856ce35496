"""What a sheet says, and which of its lines cannot be meant so."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.linking import Line, SheetError, read_sheet
from bridge.linking.sheet import full_id
from rehearsal.org.values import id18

ACME = "001000000000001AAA"
GLOBEX = "001000000000002AAA"


def reasons(sheet):
    return {rejected.number: rejected.reason for rejected in sheet.rejected}


@pytest.mark.parametrize(
    "header",
    [
        "Stripe Customer Id,Account Id",
        "stripe_customer_id;account_id",
        "Account ID\tCustomer ID",
        "Account,Note,Customer",
        '"Stripe Id","Salesforce Id"',
        "Customer,Stripe_Id__c,Account,Account Id",
    ],
)
def test_the_columns_are_found_by_their_names(header):
    sign = next(each for each in ",;\t" if each in header)
    names = [name.strip('"').lower() for name in header.split(sign)]
    values = {
        "customer": "Acme, Inc." if "stripe_id__c" in names else "cus_1",
        "account": "Acme, Inc." if "account id" in names else ACME,
        "note": "x",
    }
    row = [
        values.get(name) or ("cus_1" if "customer" in name or "stripe" in name else ACME)
        for name in names
    ]
    text = io.StringIO()
    csv.writer(text, delimiter=sign).writerow(row)
    sheet = read_sheet(f"{header}\r\n{text.getvalue()}")
    assert sheet.lines == (Line(2, "cus_1", ACME),)


def test_the_columns_can_be_named():
    sheet = read_sheet("who,whose\ncus_1," + ACME, customer_column="Who", account_column="whose")
    assert sheet.lines == (Line(2, "cus_1", ACME),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("Name,Account Id\n", "'Stripe Customer Id'"),
        ("Name,Account Id\n", "the columns are 'Name', 'Account Id'"),
        ("Customer Id\n", "the Account's id"),
        ("Customer Id,Account Id,account_id\n", "two columns are called 'Account Id'"),
        ('Customer Id,Account Id\ncus_1,"001', "line 2"),
    ],
)
def test_a_sheet_that_is_none_says_why(text, said):
    with pytest.raises(SheetError, match=said):
        read_sheet(text)


def test_each_line_that_cannot_be_meant_so_has_its_reason():
    sheet = read_sheet(
        "Customer Id,Account Id\n"
        f"acme,{ACME}\n"
        f",{ACME}\n"
        "cus_1,Acme Inc\n"
        "cus_2,003000000000001AAA\n"
        "cus_3,001000000000001AAB\n"
        "cus_4,\n"
        "\n"
        f" cus_5 , {ACME[:15]} \n"
    )
    found = reasons(sheet)
    assert found.keys() == {2, 3, 4, 5, 6}
    assert "no Stripe customer" in found[2]
    assert "no Stripe customer" in found[3]
    assert "no Account" in found[4]
    assert "no Account" in found[5]
    assert "upper and lower case" in found[6]
    assert sheet.lines == (Line(9, "cus_5", ACME),)
    assert sheet.skipped == 1


def test_a_customer_twice_is_once_and_with_two_accounts_nobodys():
    sheet = read_sheet(
        f"Customer Id,Account Id\ncus_1,{ACME}\ncus_1,{ACME[:15]}\ncus_2,{ACME}\ncus_2,{GLOBEX}\n"
    )
    assert sheet.lines == (Line(2, "cus_1", ACME),)
    assert reasons(sheet) == {4: "lines 4, 5 contradict", 5: "lines 4, 5 contradict"}


@given(
    st.text(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", min_size=12, max_size=12
    )
)
def test_an_id_of_15_characters_is_the_same_as_its_18(tail):
    short = "001" + tail
    assert full_id(short) == id18(short)
    assert full_id(full_id(short)) == full_id(short)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["cus_1", "cus_2", "", "x"]), st.sampled_from([ACME, GLOBEX, "", "y"])
        ),
        max_size=12,
    )
)
def test_every_line_is_carried_out_rejected_skipped_or_said_already(rows):
    sheet = read_sheet("Customer Id,Account Id\n" + "".join(f"{c},{a}\n" for c, a in rows))
    carried = [line.customer for line in sheet.lines]
    assert len(carried) == len(set(carried))
    rejected = {each.number for each in sheet.rejected}
    assert not rejected & {line.number for line in sheet.lines}
    for number, (customer, account) in enumerate(rows, 2):
        known = Line(number, customer, account)
        if account and number not in rejected:
            assert any(
                (line.customer, line.account) == (known.customer, account) for line in sheet.lines
            )
    assert sheet.skipped == sum(bool(customer) and not account for customer, account in rows)
