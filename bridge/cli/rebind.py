"""``stripe-sf rebind``: the store goes on with another org, on purpose."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from bridge.binding import ORG, Binding
from bridge.cli import show
from bridge.cli.store import open_store
from bridge.contract import RECEIPT_TOPIC, REQUEST_TOPIC
from bridge.errors import BridgeError, StoreInUse
from bridge.salesforce_api import open_salesforce, position_names
from bridge.salesforce_api.auth import same_org
from bridge.settings import Settings, load
from bridge.store import Counts, Inbox, State
from bridge.to_stripe.sweep import TOPIC as OPPORTUNITIES


@dataclass(frozen=True, slots=True)
class _Change:
    """From which org to which, and what waits for it."""

    bound: str | None
    found: str
    waiting: int
    sent: int


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "json_", is_flag=True, help="Print JSON; needs --yes.")
@click.pass_obj
def rebind(env_file: Path, yes: bool, json_: bool) -> None:
    """Bind the store to the org that the settings lead to: after a sandbox refresh.

    A refreshed sandbox is another org with another id, and `serve` refuses it until this is done.
    Stop the bridge first. What waits in the store will be applied in the new org; what was applied
    in the old one is not sent again, so read its customers anew with `stripe-sf resync`.

    The Stripe account and the mode cannot be changed: they need a store of their own.
    """
    if json_ and not yes:
        raise click.UsageError("--json needs --yes")
    settings = load(env_file)
    asyncio.run(_rebind(env_file, settings, yes, json_))


async def _rebind(env_file: Path, settings: Settings, yes: bool, json_: bool) -> None:
    async with AsyncExitStack() as stack:
        inbox = await open_store(env_file, stack)
        if await inbox.is_served():
            raise StoreInUse(f"a bridge serves from {inbox.where}: stop it first")
        change = await _change(inbox, settings, stack)
        if change.bound is None:
            raise BridgeError("the store is bound to no org yet: `stripe-sf serve` binds it")
        if same_org(change.found, change.bound):
            raise BridgeError(f"the store is bound to {change.bound} already; nothing was changed")
        if not json_:
            _tell(change)
        if not yes:
            click.confirm("Bind the store to the new org?", abort=True)
        # The cursors are places in the old org's streams, where the new one has other events.
        places = (*position_names(RECEIPT_TOPIC, REQUEST_TOPIC), OPPORTUNITIES)
        await inbox.rebind(ORG, change.found, forget=places)
    if json_:
        show.as_json(asdict(change))
    else:
        click.echo(f"The store is bound to {change.found}. Start `stripe-sf serve`.")


async def _change(inbox: Inbox, settings: Settings, stack: AsyncExitStack) -> _Change:
    binding = await Binding.of(inbox)
    await binding.stripe(settings.stripe)
    salesforce = await open_salesforce(settings.salesforce, stack)
    found = (await salesforce.authenticator.session()).org_id
    counts: Counts = await inbox.counts()
    return _Change(binding.bound(ORG), found, counts.waiting, counts.states[State.SENT])


def _tell(change: _Change) -> None:
    click.echo(f"The store is bound to org {change.bound}; the settings lead to {change.found}.")
    click.echo(f"{change.waiting} events wait and will be applied in the new org.")
    if change.sent:
        click.echo(
            f"{change.sent} of them were published to the old one without a receipt, and will be "
            "published to the new one when their receipt is overdue."
        )
    click.echo(
        "What is done is not sent again. Of it the new org has what the refresh copied: read the "
        "customers anew with `stripe-sf resync`."
    )
