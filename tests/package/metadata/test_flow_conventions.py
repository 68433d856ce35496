"""How the shipped Flows are built: readable by an admin, safe in bulk, losing nothing."""

from __future__ import annotations

import re
from typing import Any

ELEMENTS = {
    "assignments",
    "customErrors",
    "decisions",
    "loops",
    "recordCreates",
    "recordLookups",
    "recordUpdates",
    "subflows",
}
WRITES = {"recordCreates", "recordUpdates", "recordDeletes"}
QUERIES = {"recordLookups"}
CONNECTORS = ("connector", "defaultConnector", "nextValueConnector")


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
            if node.tag in WRITES:
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
                assert known[element].tag not in WRITES | QUERIES, f"{name}.{element}"
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
    for name, flow in flows.items():
        start = flow.all("start")[0]
        if (start.text("object") or "").startswith("Bridge_"):
            held = [
                node for node in start.all("filters") if node.text("field") == "Automation_Hold__c"
            ]
            assert [node.all("value")[0].text("booleanValue") for node in held] == ["false"], name


def test_no_label_of_one_org_is_written_into_a_flow(flows: Any) -> None:
    for flow in flows.values():
        texts = {element.text for element in flow.element.iter() if element.text}
        assert not texts & {"Closed Won", "Draft", "Activated"}
