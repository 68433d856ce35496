"""Permissions of API users, and user mode."""

from __future__ import annotations

import pytest

from rehearsal.org.errors import QueryError
from rehearsal.org.security import may, may_field
from rehearsal.org.soql import parse

from ..conftest import add_ledger, codes, open_desk

LICENSE = "<license>Salesforce API Integration</license>"
LEDGER = (
    "<objectPermissions><allowCreate>true</allowCreate><allowDelete>false</allowDelete>"
    "<allowEdit>true</allowEdit><allowRead>true</allowRead>"
    "<modifyAllRecords>false</modifyAllRecords><object>Ledger__c</object>"
    "<viewAllRecords>false</viewAllRecords></objectPermissions>"
)
ACCOUNT = (
    LEDGER.replace("Ledger__c", "Account")
    .replace("<allowCreate>true", "<allowCreate>false")
    .replace("<allowEdit>true", "<allowEdit>false")
)


def field(name, editable="true"):
    return (
        f"<fieldPermissions><editable>{editable}</editable><field>{name}</field>"
        "<readable>true</readable></fieldPermissions>"
    )


@pytest.fixture
def secured(files):
    add_ledger(files)
    files.meta(
        "customPermissions/Bypass.customPermission-meta.xml",
        "CustomPermission",
        "<isLicensed>false</isLicensed><label>Bypass</label>",
    )
    files.permission_set(
        "Robot",
        field("Ledger__c.Key__c")
        + field("Ledger__c.Email__c", "false")
        + LICENSE
        + ACCOUNT
        + LEDGER,
    )
    files.permission_set(
        "People",
        "<customPermissions><enabled>true</enabled><name>Bypass</name></customPermissions>"
        + field("Ledger__c.Account__c")
        + LEDGER
        + "<userPermissions><enabled>true</enabled><name>ViewSetup</name></userPermissions>",
    )
    return open_desk(files)


def as_robot(desk, work):
    return desk.org.run(work, user=desk.org.integration_user)


def test_users_hold_the_permission_sets_of_the_convention(secured):
    robot, admin = secured.org.integration_user.permissions, secured.org.admin.permissions
    assert "bypass" in admin.custom
    assert "bypass" not in robot.custom
    assert "viewsetup" not in robot.system
    assert ("ledger__c", "email__c") in admin.fields
    assert secured.org.automated_process.permissions is None


def test_admin_has_no_fields_that_nobody_granted(secured):
    with pytest.raises(QueryError, match="No such column 'Hold__c' on entity 'Ledger__c'"):
        secured.org.run(
            lambda tx: tx.query(parse("SELECT Hold__c FROM Ledger__c"), user_mode=True),
            user=secured.org.admin,
        )


def test_granted_fields_are_written_and_others_do_not_exist(secured):
    good, hidden, read_only = as_robot(
        secured,
        lambda tx: tx.insert(
            "Ledger__c",
            [
                {"Name": "L", "Key__c": "a"},
                {"Key__c": "b", "Hold__c": True},
                {"Key__c": "c", "Email__c": "a@b.example"},
            ],
            all_or_none=False,
            user_mode=True,
        ),
    )
    assert good.success
    assert hidden.errors[0].status_code == "INVALID_FIELD"
    assert hidden.errors[0].message == "No such column 'Hold__c' on entity 'Ledger__c'"
    assert read_only.errors[0].status_code == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_system_mode_checks_nothing(secured):
    (result,) = as_robot(
        secured, lambda tx: tx.insert("Ledger__c", [{"Key__c": "a", "Hold__c": True}])
    )
    assert result.success


def test_fields_of_events_need_no_grant_of_their_own(files):
    files.event("E__e")
    files.field("E__e", "X__c", "Text", "<length>9</length>")
    desk = open_desk(files)
    event = desk.org.schema.objects["e__e"]
    robot = desk.org.integration_user
    assert may_field(robot, event, event.fields["x__c"], "edit")
    assert not may(robot, event, "create")


def test_standard_fields_need_a_grant_too_for_the_robot(secured):
    account = secured.org.schema.objects["account"]
    robot, admin = secured.org.integration_user, secured.org.admin
    assert not may_field(robot, account, account.fields["industry"], "read")
    assert may_field(robot, account, account.fields["name"], "read")
    assert may_field(admin, account, account.fields["industry"], "edit")


def test_objects_without_a_grant_are_closed(secured):
    id_ = secured.insert_one("Ledger__c", Key__c="k")
    account = secured.insert_one("Account", Name="A")

    def work(tx):
        return [
            *tx.delete("Ledger__c", [id_], all_or_none=False, user_mode=True),
            *tx.insert("Account", [{"Name": "B"}], all_or_none=False, user_mode=True),
            *tx.update(
                "Account", [{"Id": account, "Name": "B"}], all_or_none=False, user_mode=True
            ),
        ]

    assert codes(*as_robot(secured, work)) == [
        ["INSUFFICIENT_ACCESS_OR_READONLY"],
        ["CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"],
        ["INSUFFICIENT_ACCESS_OR_READONLY"],
    ]


def test_upsert_checks_each_row_for_what_it_does(secured):
    secured.insert_one("Ledger__c", Key__c="k")
    results = as_robot(
        secured,
        lambda tx: tx.upsert(
            "Ledger__c", [{"Key__c": "k"}, {"Key__c": "new"}], "Key__c", user_mode=True
        ),
    )
    assert all(result.success for result in results)


def test_assignments_take_effect_with_the_commit(secured):
    robot = secured.org.integration_user
    people = secured.one("SELECT Id FROM PermissionSet WHERE Name = 'People'")["Id"]
    secured.insert_one("PermissionSetAssignment", AssigneeId=robot.id, PermissionSetId=people)
    assert "bypass" in secured.org.integration_user.permissions.custom
    again = secured.insert(
        "PermissionSetAssignment", {"AssigneeId": robot.id, "PermissionSetId": people}
    )
    assert codes(*again) == [["DUPLICATE_VALUE"]]


def test_validation_rule_reads_custom_permissions_of_the_running_user(files):
    add_ledger(files)
    files.meta(
        "customPermissions/Bypass.customPermission-meta.xml",
        "CustomPermission",
        "<isLicensed>false</isLicensed><label>Bypass</label>",
    )
    files.permission_set(
        "People",
        "<customPermissions><enabled>true</enabled><name>Bypass</name></customPermissions>",
    )
    files.rule("Ledger__c", "Closed", "NOT($Permission.Bypass)", "Closed.")
    desk = open_desk(files)
    desk.insert_one("Ledger__c", Key__c="k")
    (result,) = desk.org.run(
        lambda tx: tx.insert("Ledger__c", [{"Key__c": "l"}]), user=desk.org.integration_user
    )
    assert codes(result) == [["FIELD_CUSTOM_VALIDATION_EXCEPTION"]]
