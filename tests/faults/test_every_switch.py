"""No misbehaviour of the two clouds is forgotten: each is some fault's, or it says why not."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from rehearsal.org.server.faults import FaultKind
from rehearsal.stripe.delivery import Options
from rehearsal.stripe.faults import KINDS
from tests.faults.faults import FAULTS

ROOT = Path(__file__).parents[2]

PART_OF_EVERY_RUN = {
    "delivery:rate",
    "delivery:seed",
    "POST /_standin/clock",
    "POST /_standin/delivery",
    "POST /_standin/settings",
    "POST /_standin/faults",
    "DELETE /_standin/faults",
    "POST /_standin/flush",
    "POST /_standin/disputes",
    "POST /_standin/disputes/{id}/{move}",
    "POST /_standin/payment_methods/{id}",
    "POST /localorg/clock",
    "POST /localorg/faults",
    "DELETE /localorg/faults",
}
_TRANSPORTS = "in the suite of faults of both transports, whose watchdog is quicker"
NO_FAULT = {
    "POST /localorg/drain": "waits",
    "POST /localorg/subscribers/{name}/resume": "a remedy",
    "POST /localorg/rates": "what an admin does; in the tests of multicurrency orgs",
    "POST /localorg/flows": "what an admin does; in the stories of the hostile org",
    "POST /localorg/merge": "what a person does; in the package's tests",
    "POST /localorg/schedules": "a day that begins; in the package's tests",
    "org:silent": _TRANSPORTS,
    "POST /localorg/cometd/forget": _TRANSPORTS,
    "POST /localorg/cometd/goodbye": _TRANSPORTS,
    "POST /localorg/cometd/deafen": _TRANSPORTS,
    "POST /localorg/cometd/limit": "what an edition allows; in the local org's tests",
    "DELETE /_standin/requests": "a counter",
    "POST /_standin/checkout/{id}/complete": "what a buyer does; in the stories",
    "POST /_standin/subscriptions/{id}": "a company's setting; in the stories",
    "POST /_standin/refunds": "a move of the bank; here the cards decide it",
    "POST /_standin/refunds/{id}/{move}": "a move of the bank; here the cards decide it",
    "POST /_standin/charges/{id}/fail": "a move of the bank; in the stories",
    "POST /_standin/invoices/{id}/pay_outside": "what a buyer does; in the stories",
    "POST /_standin/payment_intents/{id}/authenticate": "what a buyer does; in the stories",
}
"""Why a switch is nothing that goes wrong."""

_ORGS_ROUTE = re.compile(r"web\.(post|delete|put|patch)\(\s*\"(/localorg/[^\"]*)\"")
_STANDINS_ROUTE = re.compile(r"\(\"(POST|DELETE)\", \"(/[^\"]*)\", \w+\)")


def switches() -> set[str]:
    """All that either cloud can be told to do wrong, from its own source."""
    found = {f"org:{kind.value}" for kind in FaultKind}
    found |= {f"stripe:{kind}" for kind in KINDS}
    found |= {f"delivery:{field.name}" for field in dataclasses.fields(Options)}
    found |= {"setting:lose_next", "setting:rate_limit"}
    for source in (ROOT / "rehearsal/org/server").glob("*control*.py"):
        found |= {
            f"{verb.upper()} {path}" for verb, path in _ORGS_ROUTE.findall(source.read_text())
        }
    for source in (ROOT / "rehearsal/stripe/server").glob("*control*.py"):
        found |= {
            f"{verb} /_standin{path}" for verb, path in _STANDINS_ROUTE.findall(source.read_text())
        }
    return found


def used() -> set[str]:
    return {use for fault in FAULTS.values() for use in fault.uses}


def test_the_source_tells_the_switches() -> None:
    assert {"org:drop_reply", "delivery:hold", "stripe:drop"} <= switches()
    assert {
        "POST /localorg/locks",
        "POST /_standin/disputes",
        "POST /_standin/resend",
    } <= switches()


def test_every_switch_is_turned_by_some_fault() -> None:
    assert switches() - used() - PART_OF_EVERY_RUN - NO_FAULT.keys() == set()


def test_no_fault_names_a_switch_that_is_not_there() -> None:
    assert (used() | PART_OF_EVERY_RUN | NO_FAULT.keys()) - switches() == set()
