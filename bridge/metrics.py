"""What the service counts, for Prometheus."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Collection, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from bridge.health import Fault


class Metrics:
    """The metrics of one service, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.webhooks = Counter(
            "bridge_webhooks",
            "Webhooks answered, by what became of them.",
            ["result"],
            registry=self.registry,
        )
        self.admit_seconds = Histogram(
            "bridge_admit_seconds",
            "Time from the body being read to the answer.",
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0),
            registry=self.registry,
        )
        self.refused = Counter(
            "bridge_webhooks_refused",
            "Requests refused and not stored, by cause.",
            ["cause"],
            registry=self.registry,
        )
        self.published = Counter(
            "bridge_published",
            "Events published to Salesforce, by result.",
            ["result"],
            registry=self.registry,
        )
        self.publish_calls = Counter(
            "bridge_publish_calls", "Calls that published events.", registry=self.registry
        )
        self.stripe_reads = Counter(
            "bridge_stripe_reads",
            "Requests to Stripe's API, whose limit is shared with the company's checkout.",
            ["resource"],
            registry=self.registry,
        )
        self.sweeps = Counter(
            "bridge_sweeps",
            "Sweeps of Stripe's events that were completed.",
            registry=self.registry,
        )
        self.sweep_missing = Counter(
            "bridge_sweep_missing",
            "Events that a sweep found and no webhook had brought.",
            registry=self.registry,
        )
        self.sweep_age = Gauge(
            "bridge_sweep_position_age_seconds",
            "Age of the moment up to which Stripe's events have been swept.",
            registry=self.registry,
        )
        self.sweep_cliff = Gauge(
            "bridge_sweep_cliff_seconds",
            "Until Stripe forgets the oldest event that has not been swept; it keeps 30 days.",
            registry=self.registry,
        )
        self.sweep_lost = Counter(
            "bridge_sweep_lost_seconds",
            "Time whose events Stripe had forgotten before they were swept.",
            registry=self.registry,
        )
        self.receipts = Counter(
            "bridge_receipts",
            "Events that a receipt settled, by outcome.",
            ["outcome"],
            registry=self.registry,
        )
        self.requests = Counter(
            "bridge_requests",
            "Requests from Salesforce, by what became of them.",
            ["result"],
            registry=self.registry,
        )
        self.republished = Counter(
            "bridge_receipts_missing",
            "Events to publish again because no receipt came, and the ledger lacks them.",
            registry=self.registry,
        )
        self.proven = Counter(
            "bridge_receipts_proven",
            "Events without a receipt that the ledger, asked, does hold.",
            registry=self.registry,
        )
        self.ledger_requests = Counter(
            "bridge_ledger_requests",
            "API requests of the org that asked the ledger for events without a receipt.",
            registry=self.registry,
        )
        self.window = Gauge(
            "bridge_publish_window",
            "Events that may be in flight: few after some were lost, 0 while the trigger stands.",
            registry=self.registry,
        )
        self.dead = Counter(
            "bridge_dead_letters", "Events that wait for an operator.", registry=self.registry
        )
        self.events = Gauge(
            "bridge_inbox_events",
            "Events in the inbox, by state.",
            ["state"],
            registry=self.registry,
        )
        self.oldest = Gauge(
            "bridge_inbox_oldest_seconds",
            "Age of the oldest event that is neither done nor dead.",
            registry=self.registry,
        )
        self.part_up = Gauge(
            "bridge_part_up", "Whether a part works.", ["part"], registry=self.registry
        )
        self.stands_by = Gauge(
            "bridge_stands_by",
            "Whether another bridge on the same store sees to a part.",
            ["part"],
            registry=self.registry,
        )
        self.fault_since = Gauge(
            "bridge_fault_since_seconds",
            "When a part that does not work ceased to, by the kind of its fault; Unix time.",
            ["part", "fault"],
            registry=self.registry,
        )
        self.allocation = Gauge(
            "bridge_allocation_remaining",
            "What is left of an allocation of the org, by its name in Salesforce.",
            ["allocation"],
            registry=self.registry,
        )
        self.allocation_max = Gauge(
            "bridge_allocation_max",
            "What an allocation of the org is, by its name in Salesforce.",
            ["allocation"],
            registry=self.registry,
        )
        self.reserve_only = Gauge(
            "bridge_reserve_only",
            "Whether only urgent events are published, from the reserve.",
            registry=self.registry,
        )
        self.joined = Counter(
            "bridge_joined",
            "Changes of a subscription that a newer one in the same batch stood for.",
            registry=self.registry,
        )
        self.opportunity_sweeps = Counter(
            "bridge_opportunity_sweeps",
            "Sweeps of changed Opportunities that were completed.",
            registry=self.registry,
        )
        self.opportunities_swept = Counter(
            "bridge_opportunities_swept",
            "Versions of Opportunities that a sweep asked for.",
            registry=self.registry,
        )
        self.opportunities_age = Gauge(
            "bridge_opportunity_sweep_age_seconds",
            "Since when changed Opportunities have not been swept.",
            registry=self.registry,
        )
        self.pushed = Counter(
            "bridge_pushed",
            "Changed Opportunities, by what became of them at Stripe.",
            ["result"],
            registry=self.registry,
        )
        self.stripe_writes = Counter(
            "bridge_stripe_writes",
            "Writes to Stripe's API, whose limit is shared with the company's checkout.",
            ["resource"],
            registry=self.registry,
        )
        self._refused: Tally[str] = Tally()

    def show(self, parts: Mapping[str, Fault | None], standing_by: Collection[str]) -> None:
        """Takes over how the parts are, and which of them are another bridge's."""
        self.fault_since.clear()
        for part, fault in parts.items():
            self.part_up.labels(part).set(fault is None)
            self.stands_by.labels(part).set(part in standing_by)
            if fault is not None:
                self.fault_since.labels(part, fault.kind).set(fault.since)

    def count_stripe_read(self, resource: str) -> None:
        """Counts a request to Stripe."""
        self.stripe_reads.labels(resource).inc()

    def count_stripe_write(self, resource: str) -> None:
        """Counts a write to Stripe."""
        self.stripe_writes.labels(resource).inc()

    def refuse(self, cause: str) -> None:
        """Counts a refused request."""
        self.refused.labels(cause).inc()
        self._refused[cause] += 1

    def take_refused(self) -> dict[str, int]:
        """The refusals since the last call."""
        taken, self._refused = dict(self._refused), Tally()
        return taken
