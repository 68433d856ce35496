"""What can go wrong, by what must be done about it.

::

    BridgeError
    ├── SettingsError            mend the settings and start again
    ├── StoreUnavailable         nothing was stored; Stripe is asked to deliver again
    ├── StoreInUse               another bridge serves from this store
    ├── WrongStore               the store belongs to another account, mode or org: nothing is done
    ├── LeaseLost                another bridge has taken over; nothing was stored
    ├── OrgFault                 the whole org: pause, dead-letter nothing
    │   ├── AuthFailed
    │   ├── WrongOrg
    │   ├── PermissionDenied
    │   ├── PackageMissing
    │   ├── LimitExceeded
    │   │   ├── RequestLimitExceeded
    │   │   └── AllocationSpent  of events, published or delivered
    │   ├── PublishRefused       every event of a call, so not one event's fault
    │   └── OrgUnavailable       ambiguous: what was sent may have arrived
    ├── RequestRefused           Salesforce calls the request invalid
    └── ReplayRefused            a replay id that Salesforce no longer honours

Errors of Stripe's API are in :mod:`bridge.stripe_api`.
"""

from __future__ import annotations

from typing import ClassVar


class BridgeError(Exception):
    """The root of every error that the bridge raises on purpose."""

    kind: ClassVar[str] = "fault"
    """A short name of what must be done, the same in metrics, ``readyz`` and ``status``."""


class SettingsError(BridgeError):
    """Settings that cannot be used; the message names each variable and what to do."""


class StoreUnavailable(BridgeError):
    """The store could not commit: full, locked, read-only or broken. Nothing was stored."""

    kind = "store"


class StoreInUse(BridgeError):
    """Another process already serves from this store."""


class WrongStore(BridgeError):
    """The store belongs to another Stripe account, mode or org than the settings lead to."""


class LeaseLost(BridgeError):
    """Another bridge has taken over what this one held. Nothing was stored."""


class OrgFault(BridgeError):
    """A fault of the org as a whole: publishing pauses, and no event is blamed for it."""


class AuthFailed(OrgFault):
    """Salesforce gives no token, or refuses the one it gave."""

    kind = "auth"


class WrongOrg(OrgFault):
    """The credentials lead to another org than the settings name."""

    kind = "wrong_org"


class PermissionDenied(OrgFault):
    """The integration user may not do this; its permission set is missing or incomplete."""

    kind = "permission"


class PackageMissing(OrgFault):
    """The package is not deployed, or an older one that lacks a field."""

    kind = "package"


class LimitExceeded(OrgFault):
    """An allocation of the org is used up."""

    kind = "limit"


class RequestLimitExceeded(LimitExceeded):
    """The day's API requests are used up; the Pub/Sub API needs none."""

    kind = "request_limit"


class AllocationSpent(LimitExceeded):
    """The hour's events to publish, or the day's events to deliver, are used up."""

    kind = "event_allocation"


class PublishRefused(OrgFault):
    """Salesforce refused every event of a call."""

    kind = "refused"


class OrgUnavailable(OrgFault):
    """No answer, or one that says nothing of what became of the request."""

    kind = "unavailable"


class RequestRefused(BridgeError):
    """Salesforce calls the request invalid."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code
        """Salesforce's error code, where it gave one."""


class ReplayRefused(BridgeError):
    """Salesforce will not resume from this replay id."""

    kind = "replay"
