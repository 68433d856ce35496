"""How the company books; the same for every event."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class BookingRules:
    """Settings that change what a row says."""

    time_zone: ZoneInfo
    """Stripe's instants become days of this zone."""
    count_repeating_discounts: bool = False
    """Whether a discount of some months lowers MRR while it lasts."""
    opportunity_key: str = "salesforce_opportunity_id"
    """The metadata key that names the Opportunity."""
    term_key: str = "contract_term_months"
    """The metadata key of a subscription's contract term, in months."""
