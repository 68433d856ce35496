"""What the ledger is asked, how much of it at once, and what counts as being there."""

import datetime as dt
import json
from decimal import Decimal
from urllib.parse import quote

import pytest

from bridge.contract import CustomerRow, EntryRow
from bridge.errors import LimitExceeded, OrgUnavailable, RequestRefused
from bridge.salesforce_api import Rest
from bridge.salesforce_api.auth import Authenticator
from bridge.store import InFlight
from bridge.to_salesforce.ledger import Found, Ledger
from bridge.to_salesforce.sent_rows import dump_sent, holds, load_sent
from bridge.working.per_minute import PerMinute

AS_OF = dt.datetime(2026, 3, 1, 12, 0, 5, 600_000, dt.UTC)
PLAIN = {"stripe_account": "acct_1", "stripe_link": None, "as_of": AS_OF}


def customer(key="cus_1", **changes):
    fields = {"stripe_id": key, "name": "Acme ", "email": None, "currency": "USD"}
    fields |= {"opportunity_ref": None, "deleted": False}
    return CustomerRow(**PLAIN, **{**fields, **changes})


def entry(**changes):
    fields = dict.fromkeys(EntryRow.model_fields)
    fields |= PLAIN | {"stripe_key": "ch_1", "customer": "cus_1", "kind": "Charge"}
    fields |= {"status": "Succeeded", "occurred_at": AS_OF, "date": AS_OF.date()}
    fields |= {"currency": "USD", "gross": Decimal("100.50"), "tax": Decimal(0)}
    fields |= {"net": Decimal("100.500"), "settlement_pending": True}
    return EntryRow(**{**fields, **changes})


def as_rest(row, **changes):
    """The record as REST tells it."""
    told = {
        name: value.replace(".000Z", ".000+0000") if str(value).endswith(".000Z") else value
        for name, value in json.loads(json.dumps(row.to_sobject(), default=float)).items()
        if name != "attributes"
    }
    return {**told, "Automation_Hold__c": False, **changes}


def sent(*rows):
    return load_sent(dump_sent(rows))


@pytest.mark.parametrize("row", [customer(), entry()])
def test_a_row_is_there_in_its_own_version_with_its_own_values(row):
    (known,) = sent(row)
    assert holds(known, as_rest(row))
    assert not holds(known, None)
    assert not holds(known, as_rest(row, As_Of__c="2026-03-01T12:00:04.000+0000"))
    assert not holds(known, as_rest(row, As_Of__c=None))
    assert not holds(known, as_rest(row, Currency__c="EUR"))


def test_a_later_version_is_there_whatever_it_says():
    (known,) = sent(entry())
    later = as_rest(entry(gross=Decimal(1)), As_Of__c="2026-03-01T12:00:06.000+0000")
    assert holds(known, later)


@pytest.mark.parametrize(
    "other",
    [
        {"gross": Decimal("100.51")},
        {"customer": "cus_2"},
        {"subscription": "sub_1"},
        {"settlement_pending": False},
        {"occurred_at": AS_OF + dt.timedelta(seconds=1)},
        {"reason": "fraudulent"},
    ],
)
def test_another_version_of_the_same_second_is_not_it(other):
    (known,) = sent(entry())
    assert not holds(known, as_rest(entry(**other)))


def test_however_salesforce_writes_a_value_it_is_the_same():
    (known,) = sent(
        customer(name=" Acme", email=""),
    )
    told = as_rest(customer(), Name="Acme", Email__c=None)
    assert holds(known, told)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_a_budget_gives_so_many_a_minute_and_saves_up_no_more():
    clock = Clock()
    budget = PerMinute(6, clock)
    assert [budget.take() for _ in range(8)] == [True] * 6 + [False] * 2
    clock.now += 10
    assert [budget.take(), budget.take()] == [True, False]
    clock.now += 3600
    assert [budget.take() for _ in range(8)] == [True] * 6 + [False] * 2


def in_flight(name, *rows, text=None):
    return InFlight(1, "c", name, 0, 0.0, dump_sent(rows) if text is None else text)


@pytest.fixture
def ask(salesforce):
    def make(a_minute=100):
        return Ledger(salesforce.rest(), PerMinute(a_minute, Clock()))

    return make


async def test_many_events_are_one_request_and_their_rows_are_told_apart(salesforce, ask):
    held = {"Name": "Acme", "As_Of__c": "2026-03-01T12:00:06Z"}
    salesforce.seed(
        {
            "Bridge_Customer__c": [
                held | {"Stripe_Id__c": "cus_1"},
                held | {"Stripe_Id__c": "cus_2", "Automation_Hold__c": True},
                held | {"Stripe_Id__c": "cus_3", "As_Of__c": "2026-03-01T12:00:04Z"},
            ]
        }
    )
    ledger = ask()
    found = await ledger.ask(
        [
            in_flight("there", customer()),
            in_flight("held", customer(), customer("cus_2")),
            in_flight("older", customer("cus_3")),
            in_flight("half", customer(), entry()),
            in_flight("case", customer("CUS_1")),
            in_flight("quoted", customer("cus'\\_1")),
            in_flight("not kept", text=""),
        ]
    )
    assert found == {
        "there": Found(is_there=True),
        "held": Found(is_there=True, is_held=True),
        **dict.fromkeys(["older", "half", "case", "quoted", "not kept"], Found(is_there=False)),
    }
    assert ledger.requests == 1


async def test_a_request_stays_below_the_length_of_an_address_and_what_is_left_waits(
    salesforce, ask
):
    events = [in_flight(f"evt_{n}", customer(f"cus_{n:020}")) for n in range(900)]
    ledger = ask(a_minute=2)
    asked = []
    send = ledger._rest.request

    async def noting(method, path, **more):
        asked.extend(part["url"] for part in more["body"]["compositeRequest"])
        return await send(method, path, **more)

    ledger._rest.request = noting
    found = await ledger.ask(events)
    assert list(found) == [event.event_id for event in events[: len(found)]]
    assert 400 < len(found) < 900
    assert len(asked) == 2
    assert max(map(len, asked)) < 16_384
    assert quote("'cus_", safe="") in asked[0]
    assert await ledger.ask(events) == {}


@pytest.mark.parametrize(
    ("fault", "error"),
    [("maintenance", OrgUnavailable), ("request_limit", LimitExceeded)],
)
async def test_faults_of_the_org_are_told(salesforce, ask, fault, error):
    await salesforce.misbehave(kind=fault)
    with pytest.raises(error):
        await ask().ask([in_flight("evt_1", customer())])


async def test_a_query_that_is_refused_is_told_with_its_code(salesforce):
    rest: Rest = salesforce.rest()
    assert isinstance(rest._sessions, Authenticator)
    with pytest.raises(RequestRefused, match="Nothing__c") as refused:
        await rest.queries({"One": "SELECT Id FROM Nothing__c", "Two": "SELECT Id FROM Account"})
    assert refused.value.code == "INVALID_TYPE"
