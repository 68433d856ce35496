"""What serving bridges say of themselves."""

import json

from bridge import reporting
from bridge.store import Report

DAY = 24 * 3600


async def test_the_last_word_of_each_bridge_is_kept_for_a_day(inbox, beside, clock):
    clock.now = 1_000.0
    await inbox.tell("a:1", "{}")
    clock.now += 1
    await inbox.tell("b:2", '{"x": 1}')
    clock.now += 1
    await inbox.tell("a:1", '{"y": 2}')
    told = await beside.told()
    assert told == [Report("a:1", 1_002.0, '{"y": 2}'), Report("b:2", 1_001.0, '{"x": 1}')]
    await inbox.tell("b:2", None)
    assert [report.bridge for report in await beside.told()] == ["a:1"]
    clock.now += 2 * DAY
    await inbox.tell("c:3", "{}")
    assert [report.bridge for report in await beside.told()] == ["c:3"]


def report(bridge, at):
    return Report(bridge, at, json.dumps({"ready": True, "parts": {}, "budget": {}}))


def test_bridges_that_serve_hide_those_that_died():
    reports = [report("new", 1_000.0), report("dead", 900.0)]
    (found,) = reporting.latest(reports, lambda: 1_005.0)
    assert (found["bridge"], found["serving"], found["reported_seconds_ago"]) == ("new", True, 5.0)


def test_where_none_serves_the_last_word_is_told_as_such():
    reports = [report("last", 1_000.0), report("dead", 900.0)]
    (found,) = reporting.latest(reports, lambda: 5_000.0)
    assert (found["bridge"], found["serving"]) == ("last", False)
