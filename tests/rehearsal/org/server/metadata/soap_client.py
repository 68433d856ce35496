"""A small client of the Metadata API over SOAP."""

from __future__ import annotations

import asyncio
import base64

import aiohttp
from lxml import etree

from tests.rehearsal.org.server.metadata.zips import NAMESPACE

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"


class SoapFault(Exception):
    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class Result:
    """An element of an answer; names are those of the WSDL."""

    def __init__(self, element: etree._Element) -> None:
        self._element = element

    def __getitem__(self, name: str) -> str:
        found = self._element.find(f"{{{NAMESPACE}}}{name}")
        assert found is not None, f"no {name} in {etree.tostring(self._element)[:2000]!r}"
        return found.text or ""

    def get(self, name: str) -> str | None:
        found = self._element.find(f"{{{NAMESPACE}}}{name}")
        return None if found is None else found.text or ""

    def all(self, path: str) -> list[Result]:
        steps = "/".join(f"{{{NAMESPACE}}}{step}" for step in path.split("/"))
        return [Result(found) for found in self._element.findall(steps)]

    @property
    def failures(self) -> list[tuple[str, str, str, str, str]]:
        """Type, full name, file, `line:column`, problem of each component failure."""
        return [
            (
                one["componentType"],
                one["fullName"],
                one["fileName"],
                f"{one.get('lineNumber')}:{one.get('columnNumber')}",
                one["problem"],
            )
            for one in self.all("details/componentFailures")
        ]

    @property
    def states(self) -> dict[tuple[str, str], str]:
        """What became of each component, as the CLI reads it."""
        return {
            (one["componentType"], one["fullName"]): (
                "Created"
                if one["created"] == "true"
                else "Changed"
                if one["changed"] == "true"
                else "Unchanged"
            )
            for one in self.all("details/componentSuccesses")
            if one["componentType"]
        }


class Soap:
    def __init__(self, http: aiohttp.ClientSession, url: str, token: str) -> None:
        self._http, self._url, self._token = http, url, token

    async def call(self, operation: str, arguments: str = "") -> list[Result]:
        """The results of a call. Raises SoapFault."""
        envelope = (
            f'<e:Envelope xmlns:e="{ENVELOPE}" xmlns="{NAMESPACE}"><e:Header><SessionHeader>'
            f"<sessionId>{self._token}</sessionId></SessionHeader></e:Header><e:Body>"
            f"<{operation}>{arguments}</{operation}></e:Body></e:Envelope>"
        )
        url = f"{self._url}/services/Soap/m/66.0"
        headers = {"Content-Type": "text/xml", "SOAPAction": '""'}
        async with self._http.post(url, data=envelope, headers=headers) as response:
            root = etree.fromstring(await response.read())
        fault = root.find(f".//{{{ENVELOPE}}}Fault")
        if fault is not None:
            assert response.status == 500
            raise SoapFault(fault.findtext("faultcode") or "", fault.findtext("faultstring") or "")
        assert response.status == 200
        return [Result(one) for one in root.iter(f"{{{NAMESPACE}}}result")]

    async def start(self, content: bytes, **options: str | list[str]) -> str:
        """The id of a new deployment."""
        chosen = {"rollbackOnError": "true", "singlePackage": "true", **options}
        given = "".join(
            f"<{name}>{value}</{name}>"
            for name, values in chosen.items()
            for value in ([values] if isinstance(values, str) else values)
        )
        packed = base64.b64encode(content).decode()
        (started,) = await self.call(
            "deploy", f"<ZipFile>{packed}</ZipFile><DeployOptions>{given}</DeployOptions>"
        )
        return started["id"]

    async def status(self, id_: str, *, details: bool = True) -> Result:
        (found,) = await self.call(
            "checkDeployStatus",
            f"<asyncProcessId>{id_}</asyncProcessId>"
            f"<includeDetails>{str(details).lower()}</includeDetails>",
        )
        return found

    async def finished(self, id_: str) -> Result:
        for _ in range(3000):
            found = await self.status(id_)
            if found["done"] == "true":
                return found
            await asyncio.sleep(0.01)
        raise TimeoutError(id_)

    async def deploy(self, content: bytes, **options: str | list[str]) -> Result:
        return await self.finished(await self.start(content, **options))
