"""Refusals of the Pub/Sub API: a gRPC status, and Salesforce's code in the trailers
(Pub/Sub API, "Handle Errors")."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from enum import StrEnum
from typing import NoReturn, Protocol

import grpc

_PREFIX = "sfdc.platform.eventbus.grpc."


class ErrorCode(StrEnum):
    """The trailer `error-code`."""

    SERVICE_UNAVAILABLE = _PREFIX + "service.unavailable"
    AUTH_ERROR = _PREFIX + "service.auth.error"
    AUTH_HEADERS_INVALID = _PREFIX + "service.auth.headers.invalid"
    AUTH_REFRESH_INVALID = _PREFIX + "service.auth.refresh.invalid"
    TOPIC_NOT_FOUND = _PREFIX + "topic.not.found"
    TOPIC_EMPTY = _PREFIX + "topic.validation.empty"
    TOPIC_PERMISSION = _PREFIX + "topic.meta.permission"
    SCHEMA_PERMISSION = _PREFIX + "schema.meta.permission"
    SCHEMA_EMPTY = _PREFIX + "schema.validation.failed"
    REPLAY_CORRUPTED = _PREFIX + "subscription.fetch.replayid.corrupted"
    REPLAY_MISSING = _PREFIX + "subscription.fetch.replayid.validation.failed"
    REQUESTED_INVALID = _PREFIX + "subscription.fetch.requested.events.invalid"
    OVERFLOW = _PREFIX + "subscription.fetch.overflow"
    FETCH_TOPIC_MISMATCH = _PREFIX + "subscription.fetch.topic.mismatch"
    CANNOT_SUBSCRIBE = _PREFIX + "subscription.topic.cannot.subscribe"
    DELIVERY_LIMIT = _PREFIX + "subscription.limit.exceeded"
    PUBLISH_EMPTY = _PREFIX + "publish.event.count.invalid"
    PUBLISH_TOPIC_EMPTY = _PREFIX + "publish.topic.validation.empty"
    PUBLISH_TOPIC_MISMATCH = _PREFIX + "publish.topic.mismatch"


class RpcRefused(Exception):
    """Ends a call."""

    def __init__(self, status: grpc.StatusCode, code: ErrorCode, message: str) -> None:
        self.status, self.code = status, code
        super().__init__(message)


class RpcContext(Protocol):
    """What the service uses of `grpc.aio.ServicerContext`."""

    def invocation_metadata(self) -> Iterable[tuple[str, str | bytes]] | None: ...

    async def abort(
        self, code: grpc.StatusCode, details: str, trailing_metadata: tuple[tuple[str, str], ...]
    ) -> NoReturn: ...


async def abort(context: RpcContext, refused: RpcRefused) -> NoReturn:
    """Ends the call with the status, the trailers and the rpc id that support would ask for."""
    rpc_id = str(uuid.uuid4())
    await context.abort(
        refused.status,
        f"{refused} rpcId: {rpc_id}",
        (("error-code", refused.code.value), ("rpc-id", rpc_id)),
    )
