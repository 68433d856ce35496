"""An org that is not set up as ours: language, statuses, required fields, Flows that are off."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from rehearsal.org.clock import Clock
from rehearsal.org.options import OrgOptions
from rehearsal.org.org import Org
from rehearsal.org.source import load_project
from tests.rehearsal.org.conftest import (
    Desk,
    ProjectFiles,
    PythonFlows,
    PythonTriggers,
    codes,
    open_desk,
)

GERMAN = OrgOptions(language="de", time_zone="Europe/Berlin")


def value(name: str, label: str, more: str = "", default: str = "false") -> str:
    return (
        f"<standardValue><fullName>{name}</fullName><default>{default}</default>"
        f"<label>{label}</label>{more}</standardValue>"
    )


def value_set(files: ProjectFiles, name: str, *values: str) -> None:
    files.meta(
        f"standardValueSets/{name}.standardValueSet-meta.xml",
        "StandardValueSet",
        f"<sorted>false</sorted>{''.join(values)}",
    )


def germany(files: ProjectFiles) -> Desk:
    """German values in a package directory of the customer's own."""
    (files.root / "theirs").mkdir()
    files.write_json(
        "sfdx-project.json", {"packageDirectories": [{"path": "app"}, {"path": "theirs"}]}
    )
    closed = "<closed>true</closed><won>true</won><probability>100</probability>"
    files.base = files.root / "theirs"
    value_set(
        files,
        "OpportunityStage",
        value("Erstgespraech", "Erstgespräch", "<forecastCategory>Pipeline</forecastCategory>"
              "<probability>10</probability><closed>false</closed><won>false</won>"),
        value("Gewonnen", "Gewonnen", f"<forecastCategory>Closed</forecastCategory>{closed}"),
    )  # fmt: skip
    value_set(
        files,
        "TaskStatus",
        value("Offen", "Offen", "<closed>false</closed>", "true"),
        value("Erledigt", "Erledigt", "<closed>true</closed>"),
    )
    value_set(
        files,
        "TaskPriority",
        value("Hoch", "Hoch", "<highPriority>true</highPriority>"),
        value("Mittel", "Mittel", "<highPriority>false</highPriority>", "true"),
    )
    value_set(
        files,
        "ContractStatus",
        value("Entwurf", "Entwurf", "<groupingStringEnum>Draft</groupingStringEnum>", "true"),
        value("Aktiviert", "Aktiviert", "<groupingStringEnum>Activated</groupingStringEnum>"),
    )
    triggers, flows, clock = PythonTriggers(), PythonFlows(), Clock()
    org = Org(load_project(files.root, GERMAN), triggers, flows, clock)
    return Desk(org, triggers, flows, clock)


def test_language_and_zone_are_the_orgs_and_its_users(files: ProjectFiles) -> None:
    desk = germany(files)
    row = desk.one("SELECT LanguageLocaleKey, TimeZoneSidKey FROM Organization")
    assert (row["LanguageLocaleKey"], row["TimeZoneSidKey"]) == ("de", "Europe/Berlin")
    for user in (desk.org.admin, desk.org.integration_user, desk.org.automated_process):
        assert (user.language, user.time_zone) == ("de", "Europe/Berlin")


def test_defaults_and_meanings_come_from_the_orgs_own_values(files: ProjectFiles) -> None:
    desk = germany(files)
    account = desk.insert_one("Account", Name="A")
    task = desk.insert_one("Task", Subject="T")
    row = desk.one("SELECT Status, Priority, IsClosed FROM Task")
    assert (row["Status"], row["Priority"], row["IsClosed"]) == ("Offen", "Mittel", False)
    desk.update("Task", {"Id": task, "Status": "Erledigt", "Priority": "Hoch"})
    row = desk.one("SELECT IsClosed, IsHighPriority FROM Task")
    assert (row["IsClosed"], row["IsHighPriority"]) == (True, True)
    contract = desk.insert_one("Contract", AccountId=account)
    desk.update("Contract", {"Id": contract, "Status": "Aktiviert"})
    assert desk.one("SELECT StatusCode FROM Contract")["StatusCode"] == "Activated"
    deal = {"Name": "D", "StageName": "Gewonnen", "CloseDate": dt.date(2026, 1, 1)}
    desk.insert_one("Opportunity", **deal)
    assert desk.one("SELECT IsWon FROM Opportunity")["IsWon"] is True


@pytest.mark.parametrize(
    ("sobject", "row"),
    [
        ("Task", {"Subject": "T", "Status": "Completed"}),
        ("Task", {"Subject": "T", "Priority": "High"}),
        ("Opportunity", {"Name": "D", "StageName": "Closed Won", "CloseDate": "2026-01-01"}),
    ],
)
def test_english_values_are_not_there(
    files: ProjectFiles, sobject: str, row: dict[str, object]
) -> None:
    refused = germany(files).insert(sobject, row)
    assert codes(*refused) == [["INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"]]


def test_required_fields_of_theirs_are_filled_by_their_defaults_alone(files: ProjectFiles) -> None:
    """Help, "Default Field Values": they apply to records of the API, of Apex and of Flows."""
    required = "<required>true</required><length>20</length>"
    files.field("Activity", "Desk__c", "Text", f"{required}<defaultValue>'Main'</defaultValue>")
    files.field("Contract", "Cost_Center__c", "Text", required)
    desk = open_desk(files)
    desk.insert_one("Task", Subject="T")
    assert desk.one("SELECT Desk__c FROM Task")["Desk__c"] == "Main"
    account = desk.insert_one("Account", Name="A")
    refused = desk.insert("Contract", {"AccountId": account})
    assert codes(*refused) == [["REQUIRED_FIELD_MISSING"]]
    refused = desk.insert("Task", {"Subject": "T", "Desk__c": None})
    assert codes(*refused) == [["REQUIRED_FIELD_MISSING"]]


def test_automation_sees_the_accounts_that_are_private(files: ProjectFiles) -> None:
    files.meta(
        "objects/Account/Account.object-meta.xml",
        "CustomObject",
        "<sharingModel>Private</sharingModel>",
    )
    desk = open_desk(files)
    desk.insert_one("Account", Name="A")
    from rehearsal.org.soql import parse

    query = parse("SELECT Id FROM Account")
    for user, seen in ((desk.org.automated_process, 1), (desk.org.integration_user, 0)):
        rows = desk.org.run(lambda tx: tx.query(query, sharing=True), user=user)
        assert len(rows) == seen


def test_org_reads_its_options_from_where_its_project_came(tmp_path: Path) -> None:
    ProjectFiles(tmp_path)
    org = Org.load(tmp_path, options=GERMAN)
    assert org.project.options == GERMAN
