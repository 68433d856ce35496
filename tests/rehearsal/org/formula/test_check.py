"""What Salesforce refuses when a formula is saved, this org refuses too."""

from __future__ import annotations

import pytest

from rehearsal.org.errors import Unsupported
from rehearsal.org.formula import (
    FormulaError,
    Kind,
    check,
    field_kinds,
    functions,
    parse,
    references,
)
from rehearsal.org.schema import Field, FieldType, ObjectKind, ObjectType, Schema

KINDS = {
    "Name": Kind.TEXT,
    "Amount": Kind.NUMBER,
    "Open": Kind.BOOLEAN,
    "Day": Kind.DATE,
    "Moment": Kind.DATETIME,
    "Stage": Kind.PICKLIST,
    "Tags": Kind.MULTIPICKLIST,
    "Id": Kind.ID,
}


def kind(text: str) -> Kind:
    return check(parse(text), lambda path: KINDS[path[0]])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Amount + 1", Kind.NUMBER),
        ("1 + Day", Kind.DATE),
        ("Moment - Moment", Kind.NUMBER),
        ("Name + Id", Kind.TEXT),
        ("Name & TEXT(Amount)", Kind.TEXT),
        ("IF(Open, Day, NULL)", Kind.DATE),
        ('CASE(Stage, "a", 1, 2)', Kind.NUMBER),
        ("ISBLANK(Stage)", Kind.BOOLEAN),
        ("BLANKVALUE(Amount, 0)", Kind.NUMBER),
        ("ADDMONTHS(Moment, 1)", Kind.DATETIME),
        ('Id = "001"', Kind.BOOLEAN),
    ],
)
def test_type_of_a_formula(text: str, expected: Kind) -> None:
    assert kind(text) is expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Name + 1", "Incorrect parameter type for operator '+'. Expected Text, received Number"),
        (
            "Amount & Name",
            "Incorrect parameter type for operator '&'. Expected Text, received Number",
        ),
        ("IF(Amount, 1, 2)", "Incorrect parameter type for function 'IF()'. Expected Boolean"),
        ('IF(Open, 1, "a")', "Incorrect parameter type for function 'IF()'. Expected Number"),
        ('Stage = "Open"', "Field Stage is a picklist field. Picklist fields are only supported"),
        ("Day = Moment", "Incorrect parameter type for operator '='. Expected Date"),
        ("Day + Day", "Incorrect parameter type for operator '+'"),
        ("Amount > Name", "Incorrect parameter type for operator '>'"),
        ("Open > Open", "Incorrect parameter type for operator '>'"),
        ("LEN(Amount)", "Incorrect parameter type for function 'LEN()'. Expected"),
        ("TEXT(Name)", "Incorrect parameter type for function 'TEXT()'"),
        ("ISPICKVAL(Stage, Name)", "Incorrect parameter type for function 'ISPICKVAL()'"),
        ("CASE(Amount, 1, Open, FALSE)", "Incorrect parameter type for function 'CASE()'"),
        ("YEAR(Moment)", "Incorrect parameter type for function 'YEAR()'. Expected Date"),
        ("NOT(Amount)", "Incorrect parameter type for operator 'NOT'. Expected Boolean"),
        ("ISCHANGED(Amount + 1)", "The ISCHANGED function takes a field"),
    ],
)
def test_wrong_types_are_refused(text: str, message: str) -> None:
    with pytest.raises(FormulaError) as refused:
        kind(text)
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("1 +", "Syntax error. Unexpected end of formula", 3),
        ("(1", "Syntax error. Missing ')'", 2),
        ("1 2", "Syntax error. Found '2'", 2),
        ("a ? b", "Syntax error. Found '?'", 2),
        ('"open', "Syntax error. Found '\"'", 0),
        ("LEFT(Name)", "Incorrect number of parameters for function 'LEFT()'. Expected 2", 0),
        ("1 + FOO()", "Unknown function FOO. Check spelling.", 4),
        ("{!Name}", "Syntax error. Found 'Name'", 0),
        ("  ", "Syntax error. The formula is empty.", 0),
    ],
)
def test_syntax_errors_have_a_position(text: str, message: str, position: int) -> None:
    with pytest.raises(FormulaError) as refused:
        parse(text)
    assert str(refused.value).startswith(message)
    assert refused.value.position == position


@pytest.mark.parametrize("text", ["VLOOKUP(a, b, c)", 'IMAGE("x", "y")', "HOUR(t)"])
def test_functions_this_org_lacks_are_refused_by_name(text: str) -> None:
    with pytest.raises(Unsupported, match=text[: text.index("(")]):
        parse(text)


def test_flow_formulas_write_merge_fields_in_braces() -> None:
    parsed = parse('{!$Record.Name} & " " & {! Get_Account.Name }', flow=True)
    assert references(parsed) == {("$Record", "Name"), ("Get_Account", "Name")}
    with pytest.raises(FormulaError, match="without"):
        parse("$Record.Name", flow=True)
    with pytest.raises(Unsupported, match="BR in a Flow"):
        parse("BR()", flow=True)


def test_functions_and_references_are_listed() -> None:
    parsed = parse("IF(isblank(Account.Name), /* none */ $User.Id, Owner.Name)")
    assert references(parsed) == {("Account", "Name"), ("$User", "Id"), ("Owner", "Name")}
    assert functions(parsed) == {"IF", "ISBLANK"}


def test_fields_are_found_through_lookups_in_any_case() -> None:
    account = ObjectType("Account", ObjectKind.STANDARD)
    account.fields = {"industry": Field("Industry", FieldType.PICKLIST)}
    child = ObjectType("Deal__c", ObjectKind.CUSTOM)
    child.fields = {
        "account__c": Field(
            "Account__c", FieldType.REFERENCE, reference_to=("Account",), relationship="Account__r"
        ),
        "amount__c": Field("Amount__c", FieldType.CURRENCY),
    }
    schema = Schema({"account": account, "deal__c": child})
    kinds = field_kinds(schema, "Deal__c")
    assert (
        check(parse('ISPICKVAL(account__r.industry, "x") && AMOUNT__C > 0'), kinds) is Kind.BOOLEAN
    )
    with pytest.raises(FormulaError, match=r"Field Account__r.Colour does not exist") as refused:
        check(parse("1 = Account__r.Colour"), kinds)
    assert refused.value.position == 4


def test_a_pattern_that_python_cannot_read_is_refused_at_load() -> None:
    with pytest.raises(Unsupported, match=r"regular expression"):
        parse(r'REGEX(Name, "\\p{Alpha}+")')
