"""`stripe-sf link` as a person runs it, against the shipped package."""

import csv
import json

import pytest

pytestmark = pytest.mark.slow

AS_OF = "2026-01-01T00:00:00Z"


@pytest.fixture
def ids(salesforce):
    return salesforce.seed(
        {
            "Account": [{"$ref": "acme", "Name": "=Acme()"}, {"$ref": "globex", "Name": "Globex"}],
            "Bridge_Customer__c": [
                {"$ref": name, "Name": name, "Stripe_Id__c": f"cus_{name}", "As_Of__c": AS_OF}
                | fields
                for name, fields in {
                    "a": {"Name": "=Acme()"},
                    "b": {},
                }.items()
            ],
        }
    )


@pytest.fixture
def link(run, salesforce, tmp_path):
    async def link(*arguments, text=None):
        if text is not None:
            (tmp_path / "links.csv").write_text(text)
            arguments = ("links.csv", *arguments)
        return await run("link", *arguments, **salesforce.environment())

    return link


async def accounts(salesforce):
    found = await salesforce.rest().query("SELECT Stripe_Id__c, Account__c FROM Bridge_Customer__c")
    return {row["Stripe_Id__c"]: row["Account__c"] for row in found}


async def test_what_is_suggested_can_be_fed_back(link, salesforce, ids, tmp_path):
    code, out, _ = await link("--suggested")
    assert code == 0
    (row,) = csv.DictReader(out.splitlines())
    assert (row["Stripe Customer Id"], row["Account Id"]) == ("cus_a", ids["acme"])
    assert row["Account"] == "'=Acme()"  # no spreadsheet takes it for a formula
    code, out, _ = await link("--json", text=out)
    assert (code, json.loads(out)["linked"]) == (0, 1)
    assert (await accounts(salesforce))["cus_a"] == ids["acme"]
    code, out, _ = await link("--suggested", "--json")
    assert (code, json.loads(out)) == (0, [])


async def test_a_dry_run_checks_all_and_changes_nothing(link, salesforce, ids):
    text = f"Customer Id,Account Id\ncus_a,{ids['acme']}\n"
    code, out, _ = await link("--dry-run", text=text)
    assert (code, "1 would be linked; nothing was changed" in out) == (0, True)
    assert (await accounts(salesforce))["cus_a"] is None


async def test_a_faulty_line_stops_all_unless_it_may_be_left_out(link, salesforce, ids, tmp_path):
    text = (
        f"Customer Id,Account Id\ncus_a,{ids['acme']}\ncus_nobody,{ids['acme']}\ncus_b,Globex\n"
        "cus_later,\n"
    )
    code, out, _ = await link(text=text)
    assert (code, "Nothing was changed" in out) == (1, True)
    assert (await accounts(salesforce))["cus_a"] is None
    rows = list(csv.DictReader((tmp_path / "links.rejected.csv").read_text().splitlines()))
    assert [(row["Line"], row["Stripe Customer Id"]) for row in rows] == [
        ("3", "cus_nobody"),
        ("4", "cus_b"),
    ]
    code, out, _ = await link("--partial", "--json", text=text)
    said = json.loads(out)
    assert (code, said["linked"], said["skipped"], len(said["rejected"])) == (1, 1, 1, 2)
    assert (await accounts(salesforce))["cus_a"] == ids["acme"]


async def test_again_it_changes_nothing_and_another_account_needs_a_word(link, salesforce, ids):
    text = f"Customer Id,Account Id\ncus_a,{ids['acme']}\n"
    assert (await link(text=text))[0] == 0
    code, out, _ = await link("--json", text=text)
    assert (code, json.loads(out)["unchanged"]) == (0, 1)
    moved = text.replace(ids["acme"], ids["globex"])
    code, out, _ = await link("--json", text=moved)
    assert (code, "--relink" in json.loads(out)["rejected"][0]["reason"]) == (1, True)
    assert (await link("--relink", text=moved))[0] == 0
    assert (await accounts(salesforce))["cus_a"] == ids["globex"]


async def test_wrong_usage_is_2(link, salesforce):
    assert (await link())[0] == 2
    assert (await link("nothing.csv"))[0] == 2
    code, _, err = await link(text="Name,Owner\nAcme,Ann\n")
    assert (code, "no column holds the Stripe customer's id" in " ".join(err.split())) == (2, True)


async def test_an_org_that_does_not_answer_is_1(link, salesforce, ids):
    await salesforce.misbehave(kind="request_limit")
    code, _, err = await link(text=f"Customer Id,Account Id\ncus_a,{ids['acme']}\n")
    assert (code, "REQUEST_LIMIT_EXCEEDED" in err) == (1, True)
