"""What is left of the org's allocations (REST API Developer Guide, "Limits")."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bridge.errors import OrgUnavailable
from bridge.salesforce_api.rest import Rest


class Allocation(StrEnum):
    """Those that the bridge spends, by Salesforce's names."""

    PUBLISHED = "HourlyPublishedPlatformEvents"
    DELIVERED = "DailyDeliveredPlatformEvents"
    """To API subscribers, each counted; shared with Change Data Capture."""
    REQUESTS = "DailyApiRequests"


@dataclass(frozen=True, slots=True)
class Limit:
    """One allocation."""

    most: int
    remaining: int


async def read_limits(rest: Rest) -> dict[Allocation, Limit]:
    """The allocations that the org names; costs one API request.

    Raises an OrgFault: PermissionDenied for a user without View Setup and Configuration.
    """
    found = await rest.request("GET", "limits")
    if not isinstance(found, dict):
        raise OrgUnavailable("limits: an answer that is no object")
    try:
        return {
            each: Limit(int(found[each]["Max"]), int(found[each]["Remaining"]))
            for each in Allocation
            if each in found
        }
    except (KeyError, TypeError, ValueError) as error:
        raise OrgUnavailable(f"limits: an answer without {error}") from None
