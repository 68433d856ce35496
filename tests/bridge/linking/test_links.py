"""Links against the shipped package: its triggers stamp, its totals follow."""

import pytest

from bridge.clock import Backoff
from bridge.linking import Line, Links

pytestmark = pytest.mark.slow

AS_OF = "2026-01-01T00:00:00Z"
FAST = Backoff(first=0.01, longest=0.02)


def customer(name, **fields):
    return {"$ref": name, "Name": name, "Stripe_Id__c": f"cus_{name}", "As_Of__c": AS_OF} | fields


@pytest.fixture
def ids(salesforce):
    return salesforce.seed(
        {
            "Account": [{"$ref": name, "Name": name} for name in ("acme", "globex")],
            "Bridge_Customer__c": [
                customer("a"),
                customer("b"),
                customer("linked", Account__c="@acme"),
            ],
            "Bridge_Entry__c": [
                {
                    "Stripe_Key__c": "ch_1",
                    "Customer__c": "@a",
                    "Currency__c": "USD",
                    "Kind__c": "Charge",
                    "Status__c": "succeeded",
                    "Date__c": "2026-01-01",
                    "Original_Gross__c": 120,
                    "Original_Net__c": 100,
                    "Original_Tax__c": 20,
                    "As_Of__c": AS_OF,
                }
            ],
        }
    )


@pytest.fixture
def links(salesforce):
    return Links(salesforce.rest(), backoff=FAST)


async def accounts(salesforce):
    found = await salesforce.rest().query("SELECT Stripe_Id__c, Account__c FROM Bridge_Customer__c")
    return {row["Stripe_Id__c"]: row["Account__c"] for row in found}


async def test_a_plan_says_what_would_change_and_what_cannot(links, ids):
    acme, globex = ids["acme"], ids["globex"]
    lines = [
        Line(2, "cus_a", acme),
        Line(3, "cus_linked", acme),
        Line(4, "cus_linked", globex),
        Line(5, "cus_nobody", acme),
        Line(6, "cus_b", "001000000000999AAA"),
        Line(7, "cus_A", acme),
    ]
    plan = await links.plan(lines, relink=False)
    assert [(line.number, record) for line, record in plan.changes] == [(2, ids["a"])]
    assert [line.number for line in plan.unchanged] == [3]
    reasons = {rejected.number: rejected.reason for rejected in plan.rejected}
    assert reasons == {
        4: f"is linked to Account {acme} already: --relink moves it",
        5: "the ledger has no such customer",
        6: "the org has no such Account",
        7: "the ledger has no such customer",
    }
    moved = await links.plan([Line(2, "cus_linked", globex)], relink=True)
    assert [line.number for line, _ in moved.changes] == [2]


async def test_linking_stamps_the_ledger_and_counts_for_the_account(salesforce, links, ids):
    plan = await links.plan([Line(2, "cus_a", ids["acme"])], relink=False)
    summary = await links.apply(plan.changes)
    assert (summary.linked, summary.rejected) == ({2}, [])
    query = "SELECT Bridge_Lifetime_Value__c FROM Account WHERE Name = 'acme'"
    (account,) = await salesforce.rest().query(query)
    assert account["Bridge_Lifetime_Value__c"] == 100
    (entry,) = await salesforce.rest().query("SELECT Account__c FROM Bridge_Entry__c")
    assert entry["Account__c"] == ids["acme"]
    again = await links.plan([Line(2, "cus_a", ids["acme"])], relink=False)
    assert (again.changes, len(again.unchanged)) == ([], 1)


async def test_each_record_is_refused_by_itself_in_salesforces_words(salesforce, links, ids):
    lines = [(Line(2, "cus_a", ids["acme"]), ids["a"]), (Line(3, "cus_b", ids["a"]), ids["b"])]
    summary = await links.apply(lines)
    assert summary.linked == {2}
    (rejected,) = summary.rejected
    assert rejected.number == 3
    assert ":" in rejected.reason
    assert (await accounts(salesforce))["cus_b"] is None


async def test_a_locked_record_is_tried_again(salesforce, links, ids):
    changes = [(Line(2, "cus_a", ids["acme"]), ids["a"])]
    salesforce.org.locked_rows.add(ids["a"])
    summary = await links.apply(changes)
    assert "UNABLE_TO_LOCK_ROW" in summary.rejected[0].reason

    seen = []

    class Freed:
        """Lets the row go after the first try."""

        async def update(self, records):
            results = await salesforce.rest().update(records)
            salesforce.org.locked_rows.clear()
            seen.append(len(records))
            return results

    summary = await Links(Freed(), backoff=FAST).apply(changes)
    assert (summary.linked, seen) == ({2}, [1, 1])


async def test_what_is_too_much_at_once_is_sent_in_halves(salesforce, ids):
    """The org's own automation has the limits of one transaction."""
    sent = []

    class Small:
        async def update(self, records):
            sent.append(len(records))
            if len(records) > 1:
                error = {
                    "statusCode": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
                    "message": "System.LimitException: Apex CPU time limit exceeded",
                }
                return [{"success": False, "errors": [error]} for _ in records]
            return await salesforce.rest().update(records)

    changes = [(Line(n, f"cus_{name}", ids["acme"]), ids[name]) for n, name in ((2, "a"), (3, "b"))]
    summary = await Links(Small(), backoff=FAST).apply(changes)
    assert (summary.linked, summary.rejected, sent) == ({2, 3}, [], [2, 1, 1])


async def test_a_fault_of_the_org_ends_it_and_says_what_is_left(salesforce, links, ids):
    changes = [(Line(n, f"cus_{name}", ids["acme"]), ids[name]) for n, name in ((2, "a"), (3, "b"))]
    await salesforce.misbehave(kind="maintenance", count=5)
    summary = await links.apply(changes, batch=1)
    assert [rejected.number for rejected in summary.rejected] == [2, 3]
    assert "perhaps not set" in summary.rejected[0].reason


async def test_an_answer_that_is_lost_is_no_harm(salesforce, links, ids):
    changes = [(Line(2, "cus_a", ids["acme"]), ids["a"])]
    await salesforce.rest().query("SELECT Id FROM Account")
    await salesforce.misbehave(kind="drop_reply", count=1)
    await links.apply(changes)
    await links.apply(changes)
    assert (await accounts(salesforce))["cus_a"] == ids["acme"]


async def test_more_lines_than_one_request_takes(salesforce, links):
    n = 450
    salesforce.seed(
        {
            "Account": [{"Name": "acme"}],
            "Bridge_Customer__c": [customer(str(each)) for each in range(n)],
        }
    )
    (account,) = await salesforce.rest().query("SELECT Id FROM Account")
    lines = [Line(each + 2, f"cus_{each}", account["Id"]) for each in range(n)]
    finished = []
    plan = await links.plan(lines, relink=False)
    summary = await links.apply(plan.changes, done=finished.append)
    assert len(summary.linked) == n
    assert finished == [200, 200, 50]
    assert set((await accounts(salesforce)).values()) == {account["Id"]}


async def test_suggestions_are_those_of_customers_without_an_account(salesforce, links):
    salesforce.seed(
        {
            "Account": [{"$ref": "acme", "Name": "Acme"}],
            "Bridge_Customer__c": [
                customer("a", Name="Acme"),
                customer("b", Name="Acme", Account__c="@acme"),
                customer("c"),
            ],
        }
    )
    (found,) = await links.suggested()
    assert (found["Stripe_Id__c"], found["Suggested_Account__r"]) == ("cus_a", {"Name": "Acme"})
