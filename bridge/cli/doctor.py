"""``stripe-sf doctor``: is everything in place?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import click

from bridge.cli import show
from bridge.contract import RECEIPT_TOPIC, REQUEST_TOPIC, STRIPE_EVENT_TOPIC
from bridge.errors import BridgeError, SettingsError
from bridge.salesforce_api import CometD, PubSub, open_salesforce
from bridge.service import booking_rules
from bridge.settings import Settings, load
from bridge.store import open_store
from bridge.stripe_api import StripeReader
from bridge.to_salesforce.sweep import PATH as EVENTS

_TOPICS = {
    STRIPE_EVENT_TOPIC: "publish to",
    RECEIPT_TOPIC: "subscribe to",
    REQUEST_TOPIC: "subscribe to",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    what: str
    ok: bool
    said: str


@click.command()
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
@click.pass_context
def doctor(ctx: click.Context, env_file: Path, json_: bool) -> None:
    """Check the settings, the store, Stripe's key, Salesforce's token and the topics.

    Exits 1 if any of them is not in place.
    """
    try:
        settings = load(env_file)
    except SettingsError as error:
        checks = [Check("settings", False, line) for line in str(error).splitlines()]
    else:
        checks = [Check("settings", True, "read"), *asyncio.run(_examine(settings))]
    if json_:
        show.as_json([asdict(check) for check in checks])
    else:
        for check in checks:
            mark = click.style("ok  ", "green") if check.ok else click.style("FAIL", "red")
            click.echo(f"{mark} {check.what}: {check.said}")
    if not all(check.ok for check in checks):
        ctx.exit(1)


async def _examine(settings: Settings) -> list[Check]:
    async with AsyncExitStack() as stack:
        checks = [await _check("store", partial(_store, settings))]
        reader = StripeReader(settings.stripe.api_key.get_secret_value(), settings.stripe.api_base)
        stack.push_async_callback(reader.close)
        checks.append(await _check("Stripe", partial(_stripe, settings, reader)))
        try:
            salesforce = await open_salesforce(settings.salesforce, stack)
        except SettingsError as error:
            return [*checks, Check("Salesforce", False, str(error))]

        async def token() -> str:
            return f"org {(await salesforce.authenticator.session()).org_id}"

        checks.append(await _check("Salesforce", token))
        if checks[-1].ok:
            checks += [
                await _check(name, partial(_topic, salesforce.pubsub, name)) for name in _TOPICS
            ]
            if settings.salesforce.subscribe_with == "cometd":
                checks += [
                    await _check(f"CometD {name}", partial(_heard, salesforce.cometd, name))
                    for name, verb in _TOPICS.items()
                    if verb == "subscribe to"
                ]
        return checks


async def _check(what: str, look: Callable[[], Awaitable[str]]) -> Check:
    try:
        return Check(what, True, await look())
    except BridgeError as error:
        return Check(what, False, str(error))


async def _store(settings: Settings) -> str:
    inbox = await open_store(settings.store.url.get_secret_value(), serving=False)
    try:
        await inbox.check()
    finally:
        await inbox.close()
    return f"{inbox.where} can be written"


async def _topic(pubsub: PubSub, name: str) -> str:
    info = await pubsub.topic(name)
    verb = _TOPICS[name]
    if not (info.can_publish if verb == "publish to" else info.can_subscribe):
        raise BridgeError(f"the integration user may not {verb} it")
    return "deployed, and permitted"


async def _heard(cometd: CometD, name: str) -> str:
    await cometd.check(name)
    return "can be subscribed to"


async def _stripe(settings: Settings, reader: StripeReader) -> str:
    account = await reader.account()
    rules = booking_rules(settings.booking, account)
    expected = settings.stripe.account
    if expected is not None and account["id"] != expected:
        raise BridgeError(f"the API key is of {account['id']}, not of {expected}")
    await reader.raw_page(EVENTS, {"limit": 1})
    mode = "live" if settings.stripe.mode else "test"
    return f"account {account['id']}, {mode} mode, dates in {rules.time_zone}"
