"""What is wrong, of what kind, and since when."""

from bridge.errors import AuthFailed, OrgUnavailable
from bridge.health import NOT_TRIED, Fault, Health, Part


class Clock:
    now = 1_000.0

    def __call__(self):
        return self.now


PART = Part.PUBLISHING


def made():
    clock = Clock()
    return Health(clock), clock


def fault(health):
    return health.report()[PART]


def test_nothing_works_before_it_was_tried():
    health, _ = made()
    assert fault(health) == Fault(NOT_TRIED, "not tried yet", 1_000.0)
    assert not health.ready


def test_trouble_that_changes_its_kind_began_when_it_began():
    health, clock = made()
    health.good(PART)
    clock.now = 2_000.0
    health.bad(PART, OrgUnavailable("503"))
    clock.now = 2_500.0
    health.bad(PART, AuthFailed("401"))
    assert fault(health) == Fault("auth", "401", 2_000.0)


def test_a_fault_that_comes_back_at_once_was_not_over():
    health, clock = made()
    health.good(PART)
    clock.now = 2_000.0
    health.bad(PART, OrgUnavailable("503"))
    clock.now = 2_100.0
    health.good(PART)
    clock.now = 2_130.0
    health.bad(PART, OrgUnavailable("503"))
    assert fault(health).since == 2_000.0
    health.good(PART)
    clock.now = 2_300.0
    health.bad(PART, OrgUnavailable("503"))
    assert fault(health).since == 2_300.0


def test_each_change_is_told_and_nothing_else():
    health, _ = made()
    health.changed.clear()
    health.good(PART)
    assert health.changed.is_set()
    health.changed.clear()
    health.good(PART)
    assert not health.changed.is_set()
    health.bad(PART, OrgUnavailable("503"))
    health.changed.clear()
    health.bad(PART, OrgUnavailable("503"))
    assert not health.changed.is_set()
