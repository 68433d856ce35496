"""Starts and stops the servers of one org."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
from aiohttp import web

from rehearsal.org.bus.subscribers import ApexSubscribers
from rehearsal.org.bus.subscriptions import event_triggers
from rehearsal.org.org import Org
from rehearsal.org.server.admin_control import AdminControl
from rehearsal.org.server.cometd import HOLD, CometD, CometDHttp
from rehearsal.org.server.cometd_control import CometDControl
from rehearsal.org.server.control import Control
from rehearsal.org.server.faults import Faults
from rehearsal.org.server.http import HttpApi
from rehearsal.org.server.metadata import MetadataApi
from rehearsal.org.server.metadata.http import MetadataHttp
from rehearsal.org.server.oauth import ClientApp, OAuth
from rehearsal.org.server.ports import ServedOrg
from rehearsal.org.server.pubsub import PubSubService
from rehearsal.org.server.pubsub.service import KEEPALIVE, MAX_MESSAGE
from rehearsal.org.server.rest import RestApi
from rehearsal.org.server.sessions import Sessions
from rehearsal.org.server.tls import Certificates, make_certificates
from rehearsal.org.server.wire import pubsub_api_pb2_grpc as rpc

LOOPBACK = "127.0.0.1"
_GOODBYE = 0.01
"""Seconds that a TLS client has to end its connection when the server stops."""


@dataclass(frozen=True, slots=True)
class Ports:
    """0 is any free port."""

    http: int = 0
    https: int = 0
    grpc: int = 0


@dataclass(frozen=True, slots=True)
class Address:
    """Where the org is, and how to get in. `access_token` is the administrator's; `username` is
    the integration user's, for JWT bearer."""

    http_url: str
    https_url: str
    ca_file: str
    pubsub_target: str
    org_id: str
    client_id: str
    client_secret: str
    username: str
    private_key_file: str
    access_token: str


def apex_subscribers(org: Org) -> ApexSubscribers:
    """The org's Apex event triggers, not yet started; they run as the Automated Process."""
    return ApexSubscribers(
        org.bus,
        org.triggers,
        event_triggers(org.project),
        lambda work: org.run(work, user=org.automated_process),
    )


@asynccontextmanager
async def serving(
    org: ServedOrg,
    subscribers: ApexSubscribers,
    ports: Ports | None = None,
    *,
    metadata: MetadataApi | None = None,
    certificates: Certificates | None = None,
    app: ClientApp | None = None,
    keepalive: float = KEEPALIVE,
    hold: float = HOLD,
) -> AsyncIterator[Address]:
    """Serves the org on loopback until the block ends.

    Without `metadata` it takes no deployments. Without `certificates` it makes new ones and removes
    them at the end; an org that is started again is given those and the `app` that it had.
    `keepalive` (Pub/Sub API) and `hold` (CometD) are the seconds after which a subscriber is told
    that nothing came. Raises OSError for a port in use.
    """
    chosen = ports or Ports()
    async with AsyncExitStack() as stack:
        if certificates is None:
            directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="localorg-"))
            certificates = make_certificates(Path(directory))
        sessions = Sessions(org.clock, org.org_id, org.user)
        faults = Faults(org.clock)
        app = app or ClientApp(certificates.client_public_key)
        users = [org.integration_user, org.admin]
        oauth = OAuth(org.org_id, app, sessions, org.integration_user, users)
        api = RestApi(org, faults)
        executor = stack.enter_context(ThreadPoolExecutor(1, "org"))
        subscribers.start()
        stack.callback(subscribers.stop)
        control = Control(api.context, faults, sessions, subscribers)
        http = HttpApi(api, oauth, sessions, faults, executor)
        cometd = CometD(org, sessions, faults, hold=hold)
        stack.callback(cometd.start())
        routes = control.routes() + CometDControl(cometd).routes() + CometDHttp(cometd).routes()
        if isinstance(org, Org):
            routes += AdminControl(org).routes()
        if metadata is not None:
            stack.callback(metadata.close)
            routes += MetadataHttp(metadata, http).routes()
        runner = web.AppRunner(http.application(routes), access_log=None, shutdown_timeout=1)
        await runner.setup()
        stack.push_async_callback(asyncio.sleep, 2 * _GOODBYE)
        stack.push_async_callback(runner.cleanup)
        stack.callback(cometd.close)
        http_port = await _listen(stack, runner, chosen.http, None)
        https_port = await _listen(stack, runner, chosen.https, _tls(certificates))
        oauth.instance_urls |= {
            f"{scheme}://{host}:{port}"
            for scheme, port in (("http", http_port), ("https", https_port))
            for host in (LOOPBACK, "localhost")
        }
        service = PubSubService(
            org, sessions, faults, instance_urls=oauth.instance_urls, keepalive=keepalive
        )
        grpc_port = await _serve_grpc(stack, service, chosen.grpc, certificates)
        yield Address(
            http_url=f"http://{LOOPBACK}:{http_port}",
            https_url=f"https://{LOOPBACK}:{https_port}",
            ca_file=str(certificates.ca_file),
            pubsub_target=f"{LOOPBACK}:{grpc_port}",
            org_id=org.org_id,
            client_id=app.client_id,
            client_secret=app.client_secret,
            username=org.integration_user.username,
            private_key_file=str(certificates.client_key_file),
            access_token=sessions.open(org.admin, lasting=True),
        )


async def _listen(
    stack: AsyncExitStack, runner: web.AppRunner, port: int, tls: ssl.SSLContext | None
) -> int:
    """Not aiohttp's TCPSite, which would wait half a minute for an idle TLS client's goodbye."""
    assert runner.server is not None
    server = await asyncio.get_running_loop().create_server(
        runner.server,
        LOOPBACK,
        port,
        ssl=tls,
        ssl_shutdown_timeout=None if tls is None else _GOODBYE,
    )
    stack.callback(server.close)
    return int(server.sockets[0].getsockname()[1])


def _tls(certificates: Certificates) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates.certificate_file, certificates.key_file)
    return context


async def _serve_grpc(
    stack: AsyncExitStack, service: PubSubService, port: int, certificates: Certificates
) -> int:
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", MAX_MESSAGE),
            ("grpc.so_reuseport", 0),
        ]
    )
    rpc.add_PubSubServicer_to_server(service, server)  # type: ignore[no-untyped-call]
    credentials = grpc.ssl_server_credentials([(certificates.key, certificates.certificate)])
    bound = server.add_secure_port(f"{LOOPBACK}:{port}", credentials)
    await server.start()
    stack.push_async_callback(server.stop, 0.2)
    return int(bound)
