"""What the org still allows, and what of it is kept."""

import logging

import pytest

from bridge.errors import AllocationSpent, OrgUnavailable, PermissionDenied
from bridge.metrics import Metrics
from bridge.salesforce_api.limits import Allocation, Limit, read_limits
from bridge.to_salesforce.budget import Allowance, Budget
from bridge.to_salesforce.urgent import is_urgent

PUBLISHED = Allocation.PUBLISHED


class Limits:
    """What the org would say next."""

    def __init__(self, remaining: int, most: int = 1_000) -> None:
        self.limits = {PUBLISHED: Limit(most, remaining)}
        self.fault: Exception | None = None
        self.asked = 0
        self.meanwhile = lambda: None

    async def read(self):
        self.asked += 1
        self.meanwhile()
        if self.fault is not None:
            raise self.fault
        return self.limits

    def left(self, remaining: int) -> None:
        self.limits = {PUBLISHED: Limit(1_000, remaining)}


def budget_of(limits: Limits, reserve: float = 0.1) -> Budget:
    return Budget(limits.read, Metrics(), reserve=reserve)


@pytest.mark.parametrize(
    ("remaining", "allowance"),
    [
        (1_000, Allowance(900, False)),
        (101, Allowance(1, False)),
        (100, Allowance(100, True)),
        (1, Allowance(1, True)),
        (0, Allowance(0, True)),
    ],
)
async def test_the_last_tenth_is_for_urgent_events(remaining, allowance):
    budget = budget_of(Limits(remaining))
    await budget.look()
    assert budget.allowance() == allowance


async def test_it_counts_down_between_two_readings():
    limits = Limits(1_000)
    budget = budget_of(limits)
    await budget.look()
    budget.spend(200)
    # 200 events, and the receipts of at least two runs of the trigger
    assert budget.allowance() == Allowance(1_000 - 202 - 100, False)
    assert limits.asked == 1


async def test_what_is_published_during_a_reading_counts_too():
    limits = Limits(500)
    budget = budget_of(limits)
    limits.meanwhile = lambda: budget.spend(50)
    await budget.look()
    assert budget.allowance() == Allowance(500 - 51 - 100, False)


async def test_before_the_first_reading_there_is_no_limit():
    assert budget_of(Limits(0)).allowance() == Allowance(None, False)


async def test_what_is_used_up_waits_until_the_org_says_otherwise():
    limits = Limits(0)
    budget = budget_of(limits)
    await budget.look()
    budget.refused()
    with pytest.raises(AllocationSpent, match="HourlyPublishedPlatformEvents"):
        await budget.confirm()
    assert budget.allowance() == Allowance(0, True)
    limits.fault = OrgUnavailable("maintenance")
    with pytest.raises(OrgUnavailable):
        await budget.confirm()
    limits.fault = None
    limits.left(300)
    await budget.confirm()
    assert budget.allowance() == Allowance(200, False)


async def test_nothing_is_asked_while_nothing_is_refused():
    limits = Limits(500)
    budget = budget_of(limits)
    await budget.confirm()
    assert limits.asked == 0


async def test_who_may_not_read_the_limits_is_told_once_and_goes_by_what_is_refused(caplog):
    limits = Limits(0)
    limits.fault = PermissionDenied("INSUFFICIENT_ACCESS")
    budget = budget_of(limits)
    with caplog.at_level(logging.WARNING):
        await budget.look()
        await budget.look()
    assert len(caplog.records) == 1
    assert "View Setup and Configuration" in caplog.text
    assert budget.allowance() == Allowance(None, False)
    budget.refused()
    assert budget.allowance() == Allowance(0, True)
    await budget.confirm()  # the next publish tells
    assert budget.allowance() == Allowance(None, False)


async def test_the_header_of_each_answer_tells_the_requests():
    budget = budget_of(Limits(500))
    budget.used(4_900, 5_000)
    assert budget.report()["allocations"] == {"DailyApiRequests": {"max": 5_000, "remaining": 100}}


@pytest.mark.parametrize(
    ("remaining", "linger"),
    [(25_000, 0.1), (6_250, 0.1), (6_000, 10.0), (0, 10.0)],
)
async def test_few_deliveries_are_spread_by_gathering_longer(remaining, linger):
    limits = Limits(1_000)
    limits.limits[Allocation.DELIVERED] = Limit(25_000, remaining)
    budget = budget_of(limits)
    assert budget.linger(0.1) == 0.1
    await budget.look()
    assert budget.linger(0.1) == linger


@pytest.mark.parametrize(
    ("event_type", "urgent"),
    [
        ("invoice.payment_failed", True),
        ("invoice.payment_action_required", True),
        ("invoice.overdue", True),
        ("invoice.marked_uncollectible", True),
        ("invoice.finalization_failed", True),
        ("charge.failed", True),
        ("refund.failed", True),
        ("charge.dispute.created", True),
        ("charge.dispute.funds_withdrawn", True),
        ("customer.subscription.deleted", True),
        ("customer.subscription.updated", False),
        ("invoice.paid", False),
        ("charge.succeeded", False),
        ("bridge.resync", False),
    ],
)
def test_what_is_failing_is_urgent(event_type, urgent):
    assert is_urgent(event_type) is urgent


@pytest.mark.slow
async def test_the_orgs_limits_are_read_and_the_header_heard(salesforce):
    rest = salesforce.rest()
    heard = []
    rest.on_usage = lambda used, most: heard.append((used, most))
    await salesforce.allocate(hourly_published=777, daily_delivered=555, daily_requests=444)
    found = await read_limits(rest)
    assert {name: limit.most for name, limit in found.items()} == {
        Allocation.PUBLISHED: 777,
        Allocation.DELIVERED: 555,
        Allocation.REQUESTS: 444,
    }
    assert heard == [(1, 444)]
    assert found[Allocation.REQUESTS].remaining == 443
