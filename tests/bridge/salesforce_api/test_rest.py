"""The REST client against the local org, whose behaviour is Salesforce's documentation."""

import pytest

from bridge.errors import (
    AuthFailed,
    LimitExceeded,
    OrgUnavailable,
    PermissionDenied,
    RequestRefused,
)
from bridge.salesforce_api.rest import Rest, literal, literals

pytestmark = pytest.mark.slow

ONE = "SELECT Id, Name FROM Account"


@pytest.fixture
def rest(salesforce):
    return salesforce.rest(timeout=5.0)


async def test_a_query_of_many_batches_is_whole(salesforce, rest):
    salesforce.seed({"Account": [{"Name": f"A{n}"} for n in range(2100)]})
    found = await rest.query("SELECT Name FROM Account")
    assert {record["Name"] for record in found} == {f"A{n}" for n in range(2100)}
    assert all(record.keys() == {"Name"} for record in found)


async def test_parents_come_without_attributes(salesforce, rest):
    salesforce.seed(
        {
            "Account": [{"$ref": "acme", "Name": "Acme"}],
            "Opportunity": [
                {
                    "Name": "Deal",
                    "AccountId": "@acme",
                    "StageName": "Prospecting",
                    "CloseDate": "2026-01-01",
                }
            ],
        }
    )
    assert await rest.query("SELECT Name, Account.Name FROM Opportunity") == [
        {"Name": "Deal", "Account": {"Name": "Acme"}}
    ]


@pytest.mark.parametrize("name", ["O'Neill", "back\\slash", "'); DROP", "Größe"])
async def test_a_literal_is_the_text_itself(salesforce, rest, name):
    salesforce.seed({"Account": [{"Name": name}, {"Name": "other"}]})
    found = await rest.query(f"SELECT Name FROM Account WHERE Name = {literal(name)}")
    assert found == [{"Name": name}]
    found = await rest.query(f"SELECT Name FROM Account WHERE Name IN {literals([name])}")
    assert found == [{"Name": name}]


async def test_an_object_that_is_not_there_describes_as_none(rest):
    described = await rest.describe("Bridge_Customer__c")
    assert described["name"] == "Bridge_Customer__c"
    assert await rest.describe("Nothing__c") is None


async def test_each_record_of_a_collection_has_its_own_result(salesforce, rest):
    row = {"Name": "C", "As_Of__c": "2026-01-01T00:00:00Z"}
    ids = salesforce.seed(
        {
            "Account": [{"$ref": "acme", "Name": "Acme"}],
            "Bridge_Customer__c": [
                {"$ref": "a", "Stripe_Id__c": "cus_a", **row},
                {"$ref": "b", "Stripe_Id__c": "cus_b", **row},
            ],
        }
    )

    def link(customer, account):
        return {
            "attributes": {"type": "Bridge_Customer__c"},
            "Id": ids[customer],
            "Account__c": account,
        }

    results = await rest.update([link("a", ids["acme"]), link("b", ids["a"])])
    assert [result["success"] for result in results] == [True, False]
    assert results[1]["errors"][0]["statusCode"]


async def test_a_refused_query_has_salesforces_code(rest):
    with pytest.raises(RequestRefused, match="INVALID_FIELD") as refused:
        await rest.query("SELECT Nothing__c FROM Account")
    assert refused.value.code == "INVALID_FIELD"


async def test_a_session_that_ends_is_asked_for_again(salesforce, rest):
    assert await rest.query(ONE) == []
    await salesforce.misbehave(kind="session_expired", count=1)
    assert await rest.query(ONE) == []
    await salesforce.misbehave(kind="session_expired")
    with pytest.raises(AuthFailed):
        await rest.query(ONE)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("request_limit", LimitExceeded),
        ("maintenance", OrgUnavailable),
        ("drop", OrgUnavailable),
        ("drop_reply", OrgUnavailable),
    ],
)
async def test_faults_of_the_org_are_told_apart(salesforce, rest, kind, error):
    await rest.query(ONE)
    await salesforce.misbehave(kind=kind, count=3)
    with pytest.raises(error):
        await rest.query(ONE)


async def test_a_slow_org_is_given_up(salesforce):
    rest: Rest = salesforce.rest(timeout=0.3)
    await rest.query(ONE)
    await salesforce.misbehave(kind="slow", delay=1.0, count=1)
    with pytest.raises(OrgUnavailable, match="TimeoutError"):
        await rest.query(ONE)


async def test_a_missing_permission_is_named(salesforce, rest, monkeypatch):
    monkeypatch.setattr("rehearsal.org.server.rest.limits.has_permission", lambda *_: False)
    with pytest.raises(PermissionDenied, match="View Setup and Configuration"):
        await rest.request("GET", "limits")
