"""The Metadata API over SOAP: `/services/Soap/m/66.0`."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

from rehearsal.org.ports import User
from rehearsal.org.server.metadata.api import MetadataApi, may_deploy
from rehearsal.org.server.metadata.describe import describe, listed
from rehearsal.org.server.metadata.jobs import Deployment, Options, OptionsRefused
from rehearsal.org.server.metadata.results import Tree
from rehearsal.org.source.xml import NAMESPACE

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"


class Fault(Exception):
    """A call is refused with an exception code of the API."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(f"{code}: {message}")


@dataclass(frozen=True, slots=True)
class SoapReply:
    """Faults have status 500 (SOAP 1.1, section 6.2)."""

    status: int
    text: str


@dataclass(frozen=True, slots=True)
class Request:
    """One call: whose it is, its operation, its arguments."""

    session_id: str
    operation: str
    arguments: etree._Element

    def text(self, *names: str) -> str:
        return _text(self.arguments, *names)


def read_request(content: bytes) -> Request:
    """Raises Fault for what is no SOAP request."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise Fault("UNKNOWN_EXCEPTION", f"cannot read the envelope: {error.msg}") from None
    body = root.find(f"{{{ENVELOPE}}}Body")
    call = next(iter(body.iterchildren(tag=etree.Element)), None) if body is not None else None
    if call is None:
        raise Fault("UNKNOWN_EXCEPTION", "the envelope has no body")
    session = root.find(f"{{{ENVELOPE}}}Header/{{*}}SessionHeader/{{*}}sessionId")
    token = (session.text or "") if session is not None else ""
    return Request(token.strip(), etree.QName(call).localname, call)


def answer(api: MetadataApi, request: Request, user: User) -> SoapReply:
    """Runs the call."""
    operation = _OPERATIONS.get(request.operation)
    try:
        if operation is None:
            raise Fault("INVALID_OPERATION", f"not supported by the local org: {request.operation}")
        if not may_deploy(user):
            raise Fault(
                "INSUFFICIENT_ACCESS",
                "use of the Metadata API requires a user with the ModifyAllData or "
                "ModifyMetadata permissions",
            )
        result = operation(api, request, user)
    except OptionsRefused as refused:
        return fault_reply(Fault("INVALID_OPERATION", str(refused)))
    except Fault as fault:
        return fault_reply(fault)
    name = f"{request.operation}Response"
    body = f'<{name} xmlns="{NAMESPACE}">{_xml("result", result)}</{name}>'
    return SoapReply(200, _envelope(body))


def fault_reply(fault: Fault) -> SoapReply:
    text = escape(f"{fault.code}: {fault.message}")
    return SoapReply(
        500,
        _envelope(
            f"<soapenv:Fault><faultcode>sf:{fault.code}</faultcode>"
            f"<faultstring>{text}</faultstring></soapenv:Fault>"
        ),
    )


def _deploy(api: MetadataApi, request: Request, user: User) -> Tree:
    try:
        content = base64.b64decode(request.text("ZipFile"))
    except binascii.Error as error:
        raise Fault("INVALID_TYPE", f"ZipFile is not base 64: {error}") from None
    given = next((c for c in request.arguments if _is(c, "DeployOptions")), None)
    job = api.deployments.start(content, _options(given), user)
    return {"done": False, "id": job.id, "state": "Queued"}


def _options(given: etree._Element | None) -> Options:
    if given is None:
        return Options()
    flags = {name: _text(given, name) == "true" for name in _FLAGS}
    return Options(
        check_only=flags["checkOnly"],
        rollback_on_error=flags["rollbackOnError"],
        ignore_warnings=flags["ignoreWarnings"],
        single_package=flags["singlePackage"],
        test_level=_text(given, "testLevel") or "NoTestRun",
        run_tests=tuple((c.text or "").strip() for c in given if _is(c, "runTests")),
    )


_FLAGS = ("checkOnly", "rollbackOnError", "ignoreWarnings", "singlePackage")


def _check(api: MetadataApi, request: Request, user: User) -> Tree:
    job = _job(api, request.text("asyncProcessId", "id"))
    return job.tree(request.text("includeDetails") == "true")


def _cancel(api: MetadataApi, request: Request, user: User) -> Tree:
    job = _job(api, request.text("String", "id"))
    api.deployments.cancel(job, user)
    return {"done": job.done, "id": job.id}


def _quick(api: MetadataApi, request: Request, user: User) -> str:
    return api.deployments.quick(request.text("validationId", "id"), user).id


def _describe(api: MetadataApi, request: Request, user: User) -> Tree:
    return describe()


def _list(api: MetadataApi, request: Request, user: User) -> list[Tree]:
    return listed(api, [_text(c, "type") for c in request.arguments if _is(c, "queries")])


_OPERATIONS: dict[str, Callable[[MetadataApi, Request, User], Any]] = {
    "deploy": _deploy,
    "checkDeployStatus": _check,
    "cancelDeploy": _cancel,
    "deployRecentValidation": _quick,
    "describeMetadata": _describe,
    "listMetadata": _list,
}


def _job(api: MetadataApi, id_: str) -> Deployment:
    job = api.deployments.find(id_)
    if job is None:
        raise Fault("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    return job


def _is(element: etree._Element, name: str) -> bool:
    return etree.QName(element).localname.lower() == name.lower()


def _text(parent: etree._Element, *names: str) -> str:
    """The text of the first child of one of these names."""
    for name in names:
        for child in parent.iterchildren(tag=etree.Element):
            if _is(child, name):
                return (child.text or "").strip()
    return ""


def _envelope(body: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<soapenv:Envelope xmlns:soapenv="{ENVELOPE}" xmlns:sf="{NAMESPACE}" '
        f'xmlns:xsi="{_XSI}"><soapenv:Body>{body}</soapenv:Body>'
        "</soapenv:Envelope>"
    )


def _xml(name: str, value: Any) -> str:
    match value:
        case None:
            return f'<{name} xsi:nil="true"/>'
        case list():
            return "".join(_xml(name, item) for item in value)
        case dict():
            inner = "".join(_xml(key, item) for key, item in value.items())
        case bool():
            inner = "true" if value else "false"
        case dt.datetime():
            inner = instant(value)
        case _:
            inner = escape(str(value))
    return f"<{name}>{inner}</{name}>"


def instant(value: dt.datetime) -> str:
    """A time in UTC as the API writes it."""
    return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
