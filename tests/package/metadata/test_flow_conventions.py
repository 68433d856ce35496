"""How the shipped Flows are built: readable by an admin, safe in bulk, losing nothing."""

from __future__ import annotations

import re
from typing import Any

ELEMENTS = {
    "actionCalls",
    "assignments",
    "customErrors",
    "decisions",
    "loops",
    "recordCreates",
    "recordDeletes",
    "recordLookups",
    "recordUpdates",
    "subflows",
}
WRITES = {"recordCreates", "recordUpdates", "recordDeletes"}
CAN_FAIL = WRITES | {"actionCalls"}
NOT_IN_LOOPS = CAN_FAIL | {"recordLookups", "subflows"}
"""A subflow may query and write."""
CONNECTORS = ("connector", "defaultConnector", "nextValueConnector")
LEDGER = {
    "Bridge_Customer__c",
    "Bridge_Subscription__c",
    "Bridge_Entry__c",
    "Bridge_Renewal__c",
    "Bridge_Movement__c",
}
OFF_HOLD = "NOT({!$Record.Automation_Hold__c})"
NOT_BYPASSED = "NOT({!$Permission.Bridge_Bypass_Flows})"


def elements(flow: Any) -> dict[str, Any]:
    return {node.text("name"): node for node in flow.children() if node.tag in ELEMENTS}


def targets(element: Any) -> list[str]:
    found = [
        link.text("targetReference")
        for tag in (*CONNECTORS, "faultConnector")
        for link in element.all(tag)
    ]
    for rule in element.all("rules"):
        found += [link.text("targetReference") for link in rule.all("connector")]
    return [name for name in found if name]


def conjuncts(formula: str) -> list[str]:
    """What must all be true for `AND(a, b, …)`; of any other formula, itself."""
    inside = re.fullmatch(r"AND\((.*)\)", formula, re.DOTALL)
    if inside is None:
        return [formula]
    parts, depth, quoted = [""], 0, False
    for character in inside[1]:
        quoted ^= character == '"'
        depth += 0 if quoted else {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0 and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    assert depth == 0, f"AND( is not closed by the last ): {formula}"
    return [part.strip() for part in parts]


def starts(flows: Any) -> list[tuple[str, Any]]:
    """The Flows that something sets off by itself, with their start elements."""
    return [
        (name, flow.all("start")[0])
        for name, flow in flows.items()
        if flow.all("start")[0].text("triggerType")
    ]


def is_compared_with(node: Any, value: bool) -> bool:
    return bool(node.text("operator") == "EqualTo") and [
        given.text("booleanValue") for given in node.all("value")
    ] == ["true" if value else "false"]


def test_flows_are_named_verb_object(flows: Any) -> None:
    for name in flows:
        assert re.fullmatch(r"Bridge(_[A-Z][a-z]+)(_[A-Z][A-Za-z]*)+", name), name


def test_flows_are_active_and_described(flows: Any) -> None:
    assert flows
    for name, flow in flows.items():
        assert flow.text("status") == "Active", name
        assert flow.text("processType") == "AutoLaunchedFlow", name
        assert flow.text("description"), name


def test_each_element_says_why(flows: Any) -> None:
    for name, flow in flows.items():
        for node in flow.children():
            if node.tag in ELEMENTS | {"formulas", "variables"}:
                assert node.text("description"), f"{name}.{node.text('name')}"


def test_elements_are_named_verb_object(flows: Any) -> None:
    for name, flow in flows.items():
        for element in elements(flow):
            assert re.fullmatch(r"[A-Z][a-z]+(_[A-Z][A-Za-z]*)+", element), f"{name}.{element}"


def test_each_write_has_a_fault_path(flows: Any) -> None:
    for name, flow in flows.items():
        for element, node in elements(flow).items():
            if node.tag in CAN_FAIL:
                assert node.all("faultConnector"), f"{name}.{element}"


def test_no_query_or_write_in_a_loop(flows: Any) -> None:
    for name, flow in flows.items():
        known = elements(flow)
        for loop, node in known.items():
            if node.tag != "loops":
                continue
            waiting = [link.text("targetReference") for link in node.all("nextValueConnector")]
            seen = {loop}
            while waiting:
                element = waiting.pop()
                if element in seen:
                    continue
                seen.add(element)
                assert known[element].tag not in NOT_IN_LOOPS, f"{name}.{element}"
                waiting += targets(known[element])


def test_every_element_is_reached(flows: Any) -> None:
    for name, flow in flows.items():
        known = elements(flow)
        waiting, seen = targets(flow.all("start")[0]), set()
        while waiting:
            element = waiting.pop()
            if element not in seen:
                seen.add(element)
                waiting += targets(known[element]) + [
                    link.text("targetReference")
                    for link in known[element].all("noMoreValuesConnector")
                ]
        assert seen == set(known), name


def test_ledger_flows_run_only_off_hold(flows: Any) -> None:
    """Whatever else the entry condition says, a record on hold starts nothing."""
    for name, start in starts(flows):
        if start.text("object") not in LEDGER:
            continue
        formula = start.text("filterFormula")
        if formula is not None:
            assert OFF_HOLD in conjuncts(formula), name
            continue
        assert start.text("filterLogic") == "and", name
        held = [n for n in start.all("filters") if n.text("field") == "Automation_Hold__c"]
        assert [is_compared_with(node, False) for node in held] == [True], name


def test_a_custom_permission_bypasses_every_flow(flows: Any) -> None:
    for name, start in starts(flows):
        if start.text("triggerType") == "Scheduled":
            (first,) = start.all("connector")
            decision = elements(flows[name])[first.text("targetReference")]
            assert decision.tag == "decisions", f"{name} has no formula to start by"
            texts = {node.text("expression") for node in flows[name].all("formulas")}
            assert "{!$Permission.Bridge_Bypass_Flows}" in texts, name
        else:
            assert NOT_BYPASSED in conjuncts(start.text("filterFormula") or ""), name


def test_flows_of_one_object_have_an_order(flows: Any) -> None:
    orders: dict[tuple[str, str], list[str]] = {}
    for name, start in starts(flows):
        if start.text("triggerType") == "Scheduled":
            continue
        order = flows[name].text("triggerOrder")
        assert order, name
        orders.setdefault((start.text("object"), order), []).append(name)
    assert all(len(names) == 1 for names in orders.values()), orders


def test_flows_start_after_the_save_or_by_schedule(flows: Any) -> None:
    """Before the save a Flow can record no exception, so one that writes waits for it; a formula
    and filters exclude each other."""
    for name, start in starts(flows):
        moment = start.text("triggerType")
        if moment == "RecordBeforeSave":
            assert not {node.tag for node in elements(flows[name]).values()} & CAN_FAIL, name
        else:
            assert moment in ("RecordAfterSave", "RecordBeforeDelete", "Scheduled"), name
        assert not (start.text("filterFormula") and start.all("filters")), name
        if start.text("triggerType") == "Scheduled":
            (schedule,) = start.all("schedule")
            assert schedule.text("frequency") == "Daily", name


def test_account_flows_start_only_on_changes_of_ours(flows: Any) -> None:
    """A Flow of ours that ran at each save of an Account would slow down the customer's own."""
    for name, start in starts(flows):
        if start.text("object") == "Account" and start.text("triggerType") != "Scheduled":
            formula = start.text("filterFormula") or ""
            assert re.findall(r"ISCHANGED\(\{!\$Record\.(\w+)\}\)", formula), name
            named = set(re.findall(r"\$Record\.(\w+)", formula))
            assert all(field.startswith("Bridge_") for field in named), name


def test_opportunity_flows_start_only_for_what_stripe_is_about(flows: Any) -> None:
    """Most Opportunities are none of Stripe's: their edits must start nothing. A stage that asks
    for a customer is looked at when it is reached."""
    found = {name: start for name, start in starts(flows) if start.text("object") == "Opportunity"}
    assert found
    for name, start in found.items():
        *_, last = conjuncts(start.text("filterFormula") or "")
        named = set(re.findall(r"\$Record\.(\w+)", last))
        assert all(field.startswith("Bridge_") for field in named) or (
            last == "OR(ISNEW(), ISCHANGED({!$Record.StageName}))"
        ), name


def test_what_stripe_is_told_is_plain_text_that_no_locale_changes(flows: Any) -> None:
    """Merge fields of dates and numbers follow the locale of whoever saves; TEXT() does not."""
    flow = flows["Bridge_Render_Metadata"]
    (template,) = flow.all("textTemplates")
    assert template.flag("isViewedAsPlainText")
    lines = (template.text("text") or "").splitlines()
    assert lines[0] == "salesforce_stage={!$Record.StageName}"
    assert all(re.fullmatch(r"[a-z_]{1,40}=\{![^}]+\}", line) for line in lines)
    texts = {"$Record.StageName", "$Record.Name", "$Record.Owner.Name"}
    formulas = {node.text("name"): node for node in flow.all("formulas")}
    for line in lines:
        merged = line.partition("=")[2].strip("{!}")
        if merged not in texts:
            formula = formulas[merged]
            assert formula.text("dataType") == "String"
            assert (formula.text("expression") or "").startswith("TEXT("), merged


def test_health_is_rated_when_any_of_its_numbers_changes(flows: Any) -> None:
    flow = flows["Bridge_Assess_Health"]
    formula = flow.all("start")[0].text("filterFormula") or ""
    given = {
        value.text("elementReference")
        for node in elements(flow)["Rate_Health"].all("inputAssignments")
        for value in node.all("value")
    }
    watched = {f"$Record.{name}" for name in re.findall(r"ISCHANGED\(\{!\$Record\.(\w+)", formula)}
    assert watched - {"$Record.Bridge_Health_Reason__c"} == given, "the reason asks for a rating"


def test_every_flow_is_started_or_called(flows: Any) -> None:
    called = {
        node.text("flowName")
        for flow in flows.values()
        for node in elements(flow).values()
        if node.tag == "subflows"
    }
    assert called <= set(flows)
    assert set(flows) == called | {name for name, _ in starts(flows)}


def test_no_label_of_one_org_is_written_into_a_flow(flows: Any) -> None:
    for flow in flows.values():
        texts = {element.text for element in flow.element.iter() if element.text}
        assert not texts & {
            *("Closed Won", "Draft", "Activated", "Not Started", "In Progress", "Completed"),
            *("High", "Normal", "Low"),
        }
