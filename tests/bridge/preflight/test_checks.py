"""Each check finds what it is there for, and is quiet where all is well."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.preflight import Level, access, automation, currencies, examine, limits, names
from bridge.preflight.org import _EDITIONS
from bridge.preflight.package import package
from bridge.preflight.run import CHECKS
from tests.bridge.preflight.conftest import field_xml, permission_set, rule_xml, said, worst

pytestmark = pytest.mark.slow

TEXT = "<type>Text</type><length>20</length>"
OBJECT = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata">'
    "<deploymentStatus>Deployed</deploymentStatus><label>{label}</label>"
    "<pluralLabel>{label}s</pluralLabel><sharingModel>ReadWrite</sharingModel>"
    "<nameField><label>Name</label><type>Text</type></nameField></CustomObject>"
)
EVENT = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata">'
    "<deploymentStatus>Deployed</deploymentStatus><eventType>HighVolume</eventType>"
    "<label>{label}</label><pluralLabel>{label}s</pluralLabel>"
    "<publishBehavior>PublishAfterCommit</publishBehavior></CustomObject>"
)


async def test_in_an_org_with_the_package_alone_there_is_nothing_to_do(looked):
    found = await examine(looked.as_admin())
    assert worst(found) is Level.OK, said([f for f in found if f.level is not Level.OK])
    assert {finding.check for finding in found} == set(CHECKS)


async def test_an_empty_org_is_ready_for_the_package(make_org):
    org = (await make_org(installed=False)).as_admin()
    found = {finding.check: finding for finding in await examine(org)}
    assert found["names"].level is Level.OK
    assert "free" in found["names"].said
    assert found["rights"].level is Level.OK
    assert found["flows"].level is Level.WARNING
    assert not [f for f in found.values() if f.level is Level.FAULT]


async def test_what_the_integration_user_may_not_see_is_said_politely(looked):
    found = await examine(looked.as_integration())
    assert not [finding for finding in found if finding.level is Level.FAULT], said(found)
    unseen = [finding for finding in found if finding.level is Level.WARNING]
    assert {finding.check for finding in unseen} >= {"names", "required fields"}
    assert all("SF_ACCESS_TOKEN" in f.do or "administrator" in f.do for f in unseen), said(unseen)


async def test_names_that_something_else_has_taken(make_org):
    components = {
        "objects/Account/fields/Bridge_ACV__c.field-meta.xml": field_xml("Bridge_ACV__c", TEXT),
        "objects/Bridge_Customer__c/Bridge_Customer__c.object-meta.xml": OBJECT.format(label="B"),
        "objects/Bridge_Customer__c/fields/Note__c.field-meta.xml": field_xml("Note__c", TEXT),
        "objects/Bridge_Entry__c/Bridge_Entry__c.object-meta.xml": OBJECT.format(label="E"),
        "permissionsets/Own.permissionset-meta.xml": permission_set(
            objects=["Bridge_Customer__c"], fields=["Account.Bridge_ACV__c"]
        ),
    }
    found = await names.names((await make_org(components, installed=False)).as_admin())
    assert worst(found) is Level.FAULT
    text = said(found)
    assert "Bridge_ACV__c (string, not currency)" in text
    assert "Bridge_Customer__c is there with none of the package's fields" in text
    assert "not in this user's sight: Bridge_Entry__c" in text


async def test_an_older_package_lacks_fields(looked):
    org = looked.as_admin()
    described = await org.fields("Bridge_Renewal__c")
    assert described is not None
    described_object = org._described["Bridge_Renewal__c"]
    described_object["fields"] = [
        field for field in described_object["fields"] if field["name"] != "In_Dunning__c"
    ]
    found = await names.names(org)
    assert worst(found) is Level.WARNING
    assert "Bridge_Renewal__c lacks In_Dunning__c" in said(found)


async def test_custom_fields_have_a_limit_by_edition(looked, monkeypatch):
    org = looked.as_admin()
    assert worst(await limits.custom_fields(org)) is Level.OK
    monkeypatch.setitem(_EDITIONS, "Enterprise Edition", (10, 50, 200))
    found = await limits.custom_fields(org)
    assert worst(found) is Level.FAULT
    assert "Account has" in said(found)
    assert "allows 10" in said(found)


async def test_custom_fields_are_counted_also_of_those_that_the_user_does_not_see(looked):
    rest = looked.org.rest()
    hidden = await looked.as_integration().count(
        "SELECT COUNT() FROM CustomField WHERE TableEnumOrId = 'Account'", tooling=True
    )
    described = await rest.describe("Account")
    assert hidden >= sum(field["custom"] for field in described["fields"]) > 0


async def test_roll_ups_have_a_limit_of_25(make_org):
    roll_up = (
        "<type>Summary</type><summaryForeignKey>Bridge_Entry__c.Customer__c</summaryForeignKey>"
        "<summaryOperation>count</summaryOperation>"
    )
    components = {
        f"objects/Bridge_Customer__c/fields/Own_{n}__c.field-meta.xml": field_xml(
            f"Own_{n}__c", roll_up
        )
        for n in range(9)
    }
    components["permissionsets/Own.permissionset-meta.xml"] = permission_set(
        fields=[f"Bridge_Customer__c.Own_{n}__c" for n in range(9)]
    )
    found = await limits.roll_ups((await make_org(components)).as_admin())
    assert worst(found) is Level.FAULT
    assert "would have 26 roll-ups (17 of the package" in said(found)
    assert "Own_8__c" in said(found)


async def test_a_developer_org_allows_five_platform_events(make_org, monkeypatch):
    components = {
        f"objects/Own_{n}__e/Own_{n}__e.object-meta.xml": EVENT.format(label=f"Own {n}")
        for n in range(3)
    }
    components["permissionsets/Own.permissionset-meta.xml"] = permission_set(
        objects=[f"Own_{n}__e" for n in range(3)]
    )
    org = (await make_org(components, installed=False)).as_admin()
    assert worst(await limits.definitions(org)) is Level.OK
    monkeypatch.setitem(_EDITIONS, "Enterprise Edition", (500, 5, 400))
    found = await limits.definitions(org)
    assert "3 platform events are there and 3 come" in said(found)
    assert worst(found) is Level.FAULT


async def test_fields_that_must_be_filled_and_that_our_flows_leave_empty(make_org):
    required = "<required>true</required>" + TEXT
    components = {
        f"objects/{sobject}/fields/Region__c.field-meta.xml": field_xml("Region__c", required)
        for sobject in ("Contract", "Account")
    }
    components["objects/Activity/fields/Reason__c.field-meta.xml"] = field_xml(
        "Reason__c", required
    )
    found = await automation.required_fields((await make_org(components)).as_admin())
    text = said(found)
    assert worst(found) is Level.FAULT
    for expected in (
        "a new Contract needs Region__c",
        "a new Account needs Region__c",
        "a new Task needs Reason__c",
    ):
        assert expected in text


async def test_active_validation_rules_are_named(make_org):
    where = "objects/{}/validationRules/{}.validationRule-meta.xml"
    components = {
        where.format("Opportunity", "Next_Step"): rule_xml("Next_Step"),
        where.format("Account", "Asleep"): rule_xml("Asleep", active=False),
        where.format("Contact", "Elsewhere"): rule_xml("Elsewhere"),
    }
    found = await automation.validation_rules((await make_org(components)).as_admin())
    assert [finding.said for finding in found] == ["Opportunity: Next_Step"]
    assert worst(found) is Level.WARNING


async def test_duplicate_rules_on_account_are_named(looked, monkeypatch):
    org = looked.as_admin()
    assert worst(await automation.duplicate_rules(org)) is Level.OK
    store = looked.org.org._store
    store.put(
        "DuplicateRule",
        {
            "Id": "0Bm000000000001AAA",
            "DeveloperName": "Standard_Account_Duplicate_Rule",
            "SobjectType": "Account",
            "IsActive": True,
        },
    )
    store.commit()
    found = await automation.duplicate_rules(org)
    assert "Standard_Account_Duplicate_Rule" in said(found)
    assert worst(found) is Level.WARNING


async def test_flows_that_are_inactive_or_missing(make_org):
    made = await make_org(options={"flows": "inactive"})
    found = await automation.flows(made.as_admin())
    assert worst(found) is Level.FAULT
    assert "Bridge_Win_Opportunity" in said(found)
    assert "activate them" in said(found)
    made.org.org.set_flows_active()
    assert worst(await automation.flows(made.as_admin())) is Level.OK


async def test_a_flow_that_is_left_out_is_named(looked, monkeypatch):
    org = looked.as_admin()
    assert worst(await automation.flows(org)) is Level.OK
    more = replace(package(), flows=(*package().flows, "Bridge_Left_Out"))
    monkeypatch.setattr(automation, "package", lambda: more)
    found = await automation.flows(org)
    assert (worst(found), "missing: Bridge_Left_Out" in said(found)) == (Level.FAULT, True)


async def test_a_trigger_in_error_is_a_fault(looked, monkeypatch):
    org = looked.as_admin()
    assert worst(await automation.event_trigger(org)) is Level.OK
    (row,) = [
        row
        for row in looked.org.org.bus.subscriber_rows()
        if row["Topic"] == "Bridge_Stripe_Event__e"
    ]
    broken = {**row, "Status": "Error", "LastError": "Too many batch retries"}
    monkeypatch.setattr(looked.org.org.bus, "subscriber_rows", lambda: [broken])
    found = await automation.event_trigger(org)
    assert worst(found) is Level.FAULT
    assert "Too many batch retries" in said(found)


async def test_a_stage_a_status_and_a_draft_are_looked_for_by_what_they_are(looked):
    org = looked.as_admin()
    assert worst(await automation.stages_and_statuses(org)) is Level.OK
    store = looked.org.org._store
    for row in list(store.table("OpportunityStage").rows(False)):
        store.put("OpportunityStage", {**row, "IsWon": False})
    store.commit()
    found = await automation.stages_and_statuses(org)
    assert "no active Opportunity stage is a won one" in said(found)


async def test_a_multicurrency_org_needs_each_currency_active(make_org):
    options = {"currencies": {"corporate": "USD", "rates": {"EUR": 0.9}, "dated": {}}}
    made = await make_org(options=options)
    found = await currencies.currencies(made.as_admin(currencies=frozenset({"EUR", "JPY"})))
    assert worst(found) is Level.FAULT
    assert "Stripe bills in JPY" in said(found)
    assert "advanced currency management is on" in said(found)
    found = await currencies.currencies(made.as_admin(currencies=frozenset({"EUR"})))
    assert worst(found) is Level.WARNING


async def test_a_single_currency_org_keeps_several_apart(looked):
    one = await currencies.currencies(looked.as_admin(currencies=frozenset({"USD"})))
    assert worst(one) is Level.OK
    two = await currencies.currencies(looked.as_admin(currencies=frozenset({"USD", "EUR"})))
    assert worst(two) is Level.WARNING
    assert "Planning Rates" in said(two)


async def test_the_currencies_of_the_ledger_count_too(looked):
    row = {"Currency__c": "EUR", "As_Of__c": "2026-01-01T00:00:00Z", "Customer__c": "@c"}
    looked.org.seed(
        {
            "Bridge_Customer__c": [
                {"$ref": "c", "Name": "c", "Stripe_Id__c": "cus_1", "As_Of__c": row["As_Of__c"]}
            ],
            "Bridge_Entry__c": [{"Stripe_Key__c": "ch_1", **row}],
        }
    )
    found = await currencies.currencies(looked.as_admin(currencies=frozenset({"USD"})))
    assert "Stripe bills in EUR, USD" in said(found)


async def test_nobody_holds_the_permission_set(make_org):
    made = await make_org()
    assert worst(await access.assignment(made.as_admin())) is Level.OK
    rows = await made.as_admin().query("SELECT Id FROM PermissionSetAssignment")
    for row in rows:
        await made.org.admin("DELETE", f"sobjects/PermissionSetAssignment/{row['Id']}")
    found = await access.assignment(made.as_admin())
    assert worst(found) is Level.WARNING
    found = await access.rights(made.as_integration())
    assert worst(found) is Level.OK  # nothing of the package is in sight


async def test_rights_that_the_integration_user_lacks(looked):
    org = looked.as_integration()
    assert worst(await access.rights(org)) is Level.OK
    objects = {name: dict(each) for name, each in (await org.objects()).items()}
    objects["Bridge_Stripe_Event__e"]["createable"] = False
    del objects["Bridge_Receipt__e"]
    objects["Bridge_Customer__c"]["updateable"] = False
    org._objects = objects
    found = await access.rights(org)
    assert worst(found) is Level.FAULT
    for expected in (
        "create Bridge_Stripe_Event__e",
        "read Bridge_Receipt__e",
        "update Bridge_Customer__c",
    ):
        assert expected in said(found)


async def test_limits_need_view_setup(looked, monkeypatch):
    monkeypatch.setattr("rehearsal.org.server.rest.limits.has_permission", lambda *_: False)
    found = await access.rights(looked.as_integration())
    assert "View Setup and Configuration" in said(found)


async def test_an_allocation_that_is_almost_used_up(looked):
    org = looked.as_integration()
    assert worst(await limits.allocations(org)) is Level.OK
    url = f"{looked.org.address.https_url}/localorg/allocations"
    async with looked.org.http.post(url, json={"daily_requests": 10}) as answer:
        assert answer.status == 200, await answer.text()
    for _ in range(7):
        await org.limits()
    found = await limits.allocations(org)
    assert worst(found) is Level.WARNING
    assert "API requests today" in said(found)


async def test_storage_is_estimated_from_the_customers(looked):
    assert worst(await limits.storage(looked.as_integration())) is Level.OK
    assert worst(await limits.storage(looked.as_integration(customers=1000))) is Level.OK
    assert worst(await limits.storage(looked.as_integration(customers=10_000))) is Level.WARNING
    found = await limits.storage(looked.as_integration(customers=100_000))
    assert worst(found) is Level.FAULT
