"""A store belongs to one Stripe account, one mode and one org: those of its first use.

A wrong key, a live key on a test store, a refreshed sandbox, a cloned production store: each would
book one company's money in another's records. What the settings alone tell is compared before
anything else is done, the rest as soon as both ends have answered, and nothing is published before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bridge.errors import WrongStore
from bridge.salesforce_api import Authenticator
from bridge.salesforce_api.auth import same_org
from bridge.settings import Settings, StripeSettings
from bridge.store import Cursor, Inbox

ACCOUNT, MODE, ORG = "stripe account", "stripe mode", "salesforce org"

_VOUCHED = "stripe key"
"""The cursor that holds a digest of the API key whose account was seen to be the store's."""

_DO = {
    MODE: "Set the API key of that mode, or give this one a store of its own (BRIDGE_STORE__URL).",
    ACCOUNT: "Set the API key of that account, or give the other one a store of its own "
    "(BRIDGE_STORE__URL): two accounts never share one.",
    ORG: "Set the credentials of that org, or give the other one a store of its own "
    "(BRIDGE_STORE__URL). If a sandbox was refreshed, it has a new id: run `stripe-sf rebind`.",
}


class Binding:
    """What a store belongs to."""

    def __init__(self, inbox: Inbox, bound: Mapping[str, str]) -> None:
        self._inbox = inbox
        self._bound = dict(bound)

    @classmethod
    async def of(cls, inbox: Inbox) -> Binding:
        """What the store is bound to so far. Raises StoreUnavailable."""
        return cls(inbox, await inbox.bound())

    def bound(self, name: str) -> str | None:
        """What the store is bound to under a name."""
        return self._bound.get(name)

    async def settings(self, settings: Settings) -> None:
        """Compares what the settings alone tell, and binds the mode. Raises WrongStore."""
        if settings.salesforce.org_id is not None:
            self._compare(ORG, settings.salesforce.org_id, "BRIDGE_SALESFORCE__ORG_ID names")
        await self.stripe(settings.stripe)

    async def stripe(self, stripe: StripeSettings) -> None:
        """The same of Stripe's settings. Raises WrongStore."""
        if stripe.account is not None:
            self._compare(ACCOUNT, stripe.account, "BRIDGE_STRIPE__ACCOUNT names")
        await self._bind(MODE, "live" if stripe.mode else "test", "the API key is for")

    async def doubt(self, stripe: StripeSettings) -> str:
        """Why webhooks may be of another account than the store's, until Stripe has answered.

        "" for a key that was seen to be the account's, and for a store that is bound to none.
        """
        if ACCOUNT not in self._bound:
            return ""
        if await self._inbox.get_cursor(_VOUCHED) == _digest(stripe):
            return ""
        return "the API key is new to this store, and Stripe has not said yet whose it is"

    async def account(self, stripe: StripeSettings, account: str) -> None:
        """Binds the account that the API key is of. Raises WrongStore."""
        await self._bind(ACCOUNT, account, "the API key is of")
        await self._inbox.set_cursor(Cursor(_VOUCHED, _digest(stripe)))

    async def org(self, org_id: str, authenticator: Authenticator) -> None:
        """Binds the org, and holds the credentials to it. Raises WrongStore."""
        await self._bind(ORG, org_id, "the credentials lead to")
        self.hold(authenticator)

    def hold(self, authenticator: Authenticator) -> None:
        """Has the credentials refused from now on when they lead to another org."""
        if (org := self._bound.get(ORG)) is not None:
            authenticator.insist(org, f"the store is bound to {org}. {_DO[ORG]}")

    async def vouch(self, settings: Settings, ask: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        """For whoever writes beside a serving bridge: the settings are the store's.

        ``ask`` reads the key's account from Stripe; it is needed for a key that is new to the
        store. Raises WrongStore, StripeApiError.
        """
        await self.settings(settings)
        if await self.doubt(settings.stripe):
            await self.account(settings.stripe, str((await ask())["id"]))

    async def _bind(self, name: str, found: str, how: str) -> None:
        if name not in self._bound:
            self._bound[name] = await self._inbox.bind(name, found)
        self._compare(name, found, how)

    def _compare(self, name: str, found: str, how: str) -> None:
        bound = self._bound.get(name, found)
        if bound == found or (name == ORG and same_org(bound, found)):
            return
        raise WrongStore(
            f"the store is bound to {_said(name, bound)}, but {how} {_said(name, found)}. "
            f"Nothing was published or changed, and what waits in the store is kept. {_DO[name]}"
        )


def _said(name: str, value: str) -> str:
    return f"{value} mode" if name == MODE else f"{name} {value}"


def _digest(stripe: StripeSettings) -> bytes:
    return hashlib.sha256(stripe.api_key.get_secret_value().encode()).digest()
