"""gRPC statuses as the bridge's errors.

Pub/Sub API guide, "Handle Errors": the status says little, the ``error-code`` trailer says more.
"""

from __future__ import annotations

import grpc

from bridge.errors import (
    AllocationSpent,
    AuthFailed,
    BridgeError,
    LimitExceeded,
    OrgUnavailable,
    PackageMissing,
    PermissionDenied,
    ReplayRefused,
    RequestRefused,
)


def fault_of(error: grpc.aio.AioRpcError, topic: str) -> BridgeError:
    """The error to raise for a failed call about a topic."""
    status = error.code()
    code = _error_code(error)
    said = f"{topic}: {status.name}: {code or error.details() or 'no details'}"
    if ".replayid." in code:
        return ReplayRefused(said)
    if status is grpc.StatusCode.UNAUTHENTICATED or ".service.auth." in code:
        return AuthFailed(said)
    if status is grpc.StatusCode.PERMISSION_DENIED:
        return PermissionDenied(f"{said}. Assign the permission set Bridge_Integration")
    if status is grpc.StatusCode.NOT_FOUND:
        return PackageMissing(f"{said}. Deploy the package to the org")
    if code.endswith("limit.exceeded"):
        return AllocationSpent(f"{said}. It waits until Salesforce counts anew")
    if status is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return LimitExceeded(said)
    if status is grpc.StatusCode.INVALID_ARGUMENT:
        return RequestRefused(f"{topic}: {status.name}: {error.details() or code}")
    return OrgUnavailable(said)


def _error_code(error: grpc.aio.AioRpcError) -> str:
    for key, value in error.trailing_metadata() or ():
        if key == "error-code":
            return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return ""
