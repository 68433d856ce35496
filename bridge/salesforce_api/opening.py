"""Opening what speaks to an org: one token for all of its clients."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bridge.errors import SettingsError
from bridge.salesforce_api.auth import Authenticator
from bridge.salesforce_api.cometd import CometD
from bridge.salesforce_api.pubsub import PubSub
from bridge.salesforce_api.rest import Rest
from bridge.settings import SalesforceSettings


@dataclass(frozen=True, slots=True)
class Salesforce:
    """Clients of one org that share its token."""

    authenticator: Authenticator
    pubsub: PubSub
    cometd: CometD
    rest: Rest


async def open_salesforce(
    settings: SalesforceSettings,
    stack: AsyncExitStack,
    on_publish: Callable[[], None] = lambda: None,
) -> Salesforce:
    """Clients of the org, closed by the stack; ``on_publish`` is told of each publish call.

    Raises SettingsError for an unusable CA file.
    """
    context = trusting(settings.ca_file)
    http = await _open_http(context, stack)
    ca = None if settings.ca_file is None else await asyncio.to_thread(settings.ca_file.read_bytes)
    authenticator = Authenticator(settings, http)
    pubsub = PubSub(settings.pubsub_target, authenticator, ca=ca, on_publish=on_publish)
    stack.push_async_callback(pubsub.close)
    cometd = CometD(authenticator, context)
    return Salesforce(authenticator, pubsub, cometd, Rest(authenticator, http))


async def open_http(ca_file: Path | None, stack: AsyncExitStack) -> aiohttp.ClientSession:
    """A client that trusts those authorities. Raises SettingsError for an unusable file."""
    return await _open_http(trusting(ca_file), stack)


def trusting(ca_file: Path | None) -> ssl.SSLContext:
    """TLS with those authorities. Raises SettingsError for an unusable file."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"BRIDGE_SALESFORCE__CA_FILE: {ca_file}: {error}") from error


async def _open_http(context: ssl.SSLContext, stack: AsyncExitStack) -> aiohttp.ClientSession:
    return await stack.enter_async_context(
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context))
    )
