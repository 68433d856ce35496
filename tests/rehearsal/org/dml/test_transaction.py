"""Transactions: undo, savepoints, limits, queries, events."""

from __future__ import annotations

import datetime as dt

import pytest

from rehearsal.org.errors import LimitExceeded, QueryError, SaveError
from rehearsal.org.soql import parse

from ..conftest import add_ledger, codes, open_desk


def run(desk, work, **more):
    return desk.org.run(work, user=desk.org.admin, **more)


def test_exception_undoes_the_transaction(desk):
    def work(tx):
        tx.insert("Account", [{"Name": "A"}])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(desk, work)
    assert desk.soql("SELECT Id FROM Account") == []


def test_rollback_undoes_to_the_savepoint(desk):
    def work(tx):
        tx.insert("Account", [{"Name": "kept"}])
        point = tx.savepoint()
        tx.insert("Account", [{"Name": "lost"}])
        tx.rollback(point)
        return tx.limits.used("dml_statements")

    assert run(desk, work) == 4
    assert [row["Name"] for row in desk.soql("SELECT Name FROM Account")] == ["kept"]


def test_transactions_do_not_nest(desk):
    with pytest.raises(RuntimeError, match="cannot start another"):
        run(desk, lambda tx: run(desk, lambda inner: None))


@pytest.mark.parametrize(
    ("limit", "work", "words"),
    [
        (
            "queries",
            lambda tx: [tx.query(parse("SELECT Id FROM Account")) for _ in range(101)],
            "Too many SOQL queries: 101",
        ),
        (
            "dml_statements",
            lambda tx: [tx.insert("Task", [{"Subject": "x"}]) for _ in range(151)],
            "Too many DML statements: 151",
        ),
        (
            "dml_rows",
            lambda tx: tx.delete("Task", ["00T000000000001AAA"] * 10_001),
            "Too many DML rows: 10001",
        ),
        ("cpu_ms", lambda tx: tx.limits.use("cpu_ms", 10_001), "Apex CPU time limit exceeded"),
    ],
)
def test_governor_limits_end_the_transaction(desk, limit, work, words):
    with pytest.raises(LimitExceeded, match=words):
        run(desk, work)


def test_asynchronous_transactions_have_more_queries(desk):
    assert run(desk, lambda tx: tx.limits.maximum("queries"), asynchronous=True) == 200


def test_query_rows_count_what_aggregates_use(desk):
    desk.insert("Account", *({"Name": f"A{n}"} for n in range(7)))

    def work(tx):
        tx.query(parse("SELECT COUNT(Id) FROM Account"))
        return tx.limits.used("queries"), tx.limits.used("query_rows")

    assert run(desk, work) == (1, 7)


def test_queries_of_the_platform_itself_can_go_uncounted(desk):
    def work(tx):
        tx.query(parse("SELECT Id FROM Account"), count_limits=False)
        return tx.limits.used("queries")

    assert run(desk, work) == 0


def test_for_update_on_a_locked_row_is_refused(desk):
    id_ = desk.insert_one("Account", Name="A")
    desk.org.locked_rows.add(id_)
    with pytest.raises(QueryError, match="exclusive access"):
        desk.soql("SELECT Id FROM Account FOR UPDATE")


@pytest.fixture
def events(files):
    add_ledger(files)
    for name, behavior in (("Later__e", "PublishAfterCommit"), ("Now__e", "PublishImmediately")):
        files.event(name, behavior)
        required = "<required>true</required><length>10</length>"
        files.field(name, "Key__c", "Text", required)
        files.field(name, "Live__c", "Checkbox", "<defaultValue>false</defaultValue>")
        files.field(name, "Version__c", "Number", "<precision>4</precision><scale>0</scale>")
    return open_desk(files)


def published(desk, event):
    return [stored.values for stored in desk.org.bus.after(f"/event/{event}", -2)]


def test_events_wait_for_the_commit(events):
    def work(tx):
        (result,) = tx.publish("Later__e", [{"Key__c": "k", "Version__c": 1}])
        return result, published(events, "Later__e")

    result, before = run(events, work)
    assert result.success
    assert before == []
    (stored,) = events.org.bus.after("/event/Later__e", -2)
    assert stored.uuid == result.id
    assert stored.values == {"Key__c": "k", "Live__c": False, "Version__c": 1}
    assert stored.created_by == events.org.admin.id


def test_events_of_an_undone_transaction_are_not_published_unless_at_once(events):
    def work(tx):
        tx.publish("Later__e", [{"Key__c": "k"}])
        tx.publish("Now__e", [{"Key__c": "k"}])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(events, work)
    assert len(published(events, "Later__e")) == 0
    assert len(published(events, "Now__e")) == 1


def test_held_events_stay_in_the_transaction(events):
    def work(tx):
        tx.hold_events = True
        tx.publish("Now__e", [{"Key__c": "k"}])
        held = list(tx.outbox)
        tx.outbox.clear()
        return held

    ((name, values),) = run(events, work)
    assert (name, values["Key__c"]) == ("Now__e", "k")
    assert published(events, "Now__e") == []


def test_subscribers_are_queried_as_they_are_now(events):
    events.org.bus.subscriber_rows = lambda: [{"Name": "T", "Status": "Running", "Retries": 2}]
    row = events.one("SELECT Status, Retries FROM EventBusSubscriber WHERE Name = 'T'")
    assert (row["Status"], row["Retries"]) == ("Running", 2)


def test_rollback_takes_queued_events_back(events):
    def work(tx):
        point = tx.savepoint()
        tx.publish("Later__e", [{"Key__c": "k"}])
        tx.rollback(point)

    run(events, work)
    assert published(events, "Later__e") == []


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({}, "REQUIRED_FIELD_MISSING"),
        ({"Key__c": "x" * 11}, "STRING_TOO_LONG"),
        ({"Key__c": "k", "Version__c": 12345}, "NUMBER_OUTSIDE_VALID_RANGE"),
        ({"Key__c": "k", "Nope__c": 1}, "INVALID_FIELD"),
    ],
)
def test_bad_events_are_refused_and_the_others_published(events, row, code):
    bad, good = run(events, lambda tx: tx.publish("Later__e", [row, {"Key__c": "k"}]))
    assert codes(bad) == [[code]]
    assert good.success
    assert len(published(events, "Later__e")) == 1


def test_events_beyond_the_hourly_allocation_are_refused(events):
    published_so_far = events.org.bus.allocations.published
    now = events.clock.now()
    published_so_far.use(published_so_far.remaining(now) - 1, now)
    results = run(events, lambda tx: tx.publish("Later__e", [{"Key__c": "a"}, {"Key__c": "b"}]))
    assert codes(*results) == [[], ["LIMIT_EXCEEDED"]]
    assert len(published(events, "Later__e")) == 1


def test_events_take_no_dml(events):
    assert codes(*events.insert("Later__e", {"Key__c": "k"})) == [
        ["CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"]
    ]


def test_formula_sees_the_clock_that_was_advanced(desk):
    before = run(desk, lambda tx: tx.now())
    desk.clock.advance(dt.timedelta(days=3))
    assert run(desk, lambda tx: tx.now()) - before >= dt.timedelta(days=3)


def test_seed_resolves_references_and_stops_at_a_refusal(desk):
    refs = desk.org.seed(
        {
            "Account": [
                {"Name": "Acme", "$ref": "acme"},
                {"Name": "Sub", "ParentId": "@acme", "AnnualRevenue": 12.0},
            ],
            "Ledger__c": [{"Key__c": "k", "Account__c": "@acme"}],
        }
    )
    assert desk.one("SELECT Account__c FROM Ledger__c")["Account__c"] == refs["acme"]
    assert len(desk.soql("SELECT Id FROM Account WHERE ParentId != null")) == 1
    with pytest.raises(SaveError, match="REQUIRED_FIELD_MISSING"):
        desk.org.seed({"Opportunity": [{"Name": "no stage"}]})


def test_queries_by_key_use_an_index(desk):
    """Looking a key up must not read the table: 300 rows, none of them scanned."""
    desk.insert("Ledger__c", *({"Key__c": f"k{n}"} for n in range(150)))
    table = desk.org._store.table("Ledger__c")
    scans = []
    original = table.rows
    table.rows = lambda *a: scans.append(a) or original(*a)
    assert len(desk.soql("SELECT Id FROM Ledger__c WHERE Key__c IN ('k1', 'k2')")) == 2
    assert scans == []
