"""The shipped package on the local org, served for real, and the bridge's way in."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp

from bridge.salesforce_api import Authenticator, Rest
from bridge.salesforce_api.opening import open_http
from bridge.settings import SalesforceSettings
from rehearsal.org.apex import ApexRuntime
from rehearsal.org.flow import FlowRuntime
from rehearsal.org.options import OrgOptions
from rehearsal.org.org import Org
from rehearsal.org.schema import Field, ObjectType, Schema
from rehearsal.org.server.assembly import Address, apex_subscribers, serving
from rehearsal.org.source import load_project

ROOT = Path(__file__).parents[2]


@dataclass
class SalesforceOrg:
    """A served org; `http` trusts its certificate."""

    org: Org
    address: Address
    http: aiohttp.ClientSession

    def settings(self, **changes: Any) -> SalesforceSettings:
        fields = {
            "login_url": self.address.https_url,
            "client_id": self.address.client_id,
            "client_secret": self.address.client_secret,
            "pubsub_target": self.address.pubsub_target,
            "ca_file": self.address.ca_file,
        }
        return SalesforceSettings.model_validate({**fields, **changes})

    def environment(self) -> dict[str, str]:
        """The same for a process."""
        return {
            "BRIDGE_SALESFORCE__LOGIN_URL": self.address.https_url,
            "BRIDGE_SALESFORCE__CLIENT_ID": self.address.client_id,
            "BRIDGE_SALESFORCE__CLIENT_SECRET": self.address.client_secret,
            "BRIDGE_SALESFORCE__PUBSUB_TARGET": self.address.pubsub_target,
            "BRIDGE_SALESFORCE__CA_FILE": self.address.ca_file,
        }

    def rest(self, **options: Any) -> Rest:
        """As the integration user."""
        return Rest(Authenticator(self.settings(), self.http), self.http, **options)

    async def admin(self, method: str, path: str, body: Any = None) -> Any:
        """A request as the administrator."""
        headers = {"Authorization": f"Bearer {self.address.access_token}"}
        url = f"{self.address.https_url}/services/data/v66.0/{path}"
        async with self.http.request(method, url, json=body, headers=headers) as answer:
            assert answer.status < 300, await answer.text()
            return None if answer.status == 204 else await answer.json()

    async def misbehave(self, **fault: Any) -> None:
        url = f"{self.address.https_url}/localorg/faults"
        async with self.http.post(url, json=fault) as answer:
            assert answer.status == 200, await answer.text()

    async def behave(self) -> None:
        """Ends every fault."""
        async with self.http.delete(f"{self.address.https_url}/localorg/faults") as answer:
            assert answer.status == 204, await answer.text()

    async def allocate(self, **maxima: int) -> None:
        url = f"{self.address.https_url}/localorg/allocations"
        async with self.http.post(url, json=maxima) as answer:
            assert answer.status == 200, await answer.text()

    def change(self, event: str, **fields: Field | None) -> Callable[[], None]:
        """As when a platform event is deployed with other fields; gives what takes it back."""
        before = self.org.bus.event_type(event)
        assert before is not None
        changed = {name.lower(): field for name, field in fields.items()}
        kept = {**before.fields, **changed}
        after = replace(before, fields={name: found for name, found in kept.items() if found})
        self._adopt(after)
        return lambda: self._adopt(before)

    def undeploy(self, event: str) -> Callable[[], None]:
        """As when a platform event is deleted; gives what deploys it again."""
        topics = self.org.bus._topics
        found = topics.pop(event.lower())
        return lambda: topics.update({event.lower(): found})

    def _adopt(self, event: ObjectType) -> None:
        self.org.bus.adopt(Schema({event.name.lower(): event}))

    def configure(self, **values: Any) -> None:
        """As when an admin edits the package's settings record."""
        store = self.org._engine.store
        (row,) = store.table("Bridge_Setting__mdt").rows()
        store.put("Bridge_Setting__mdt", {**row, **values})
        store.commit()

    def publish(self, event: str, **fields: Any) -> None:
        """As Apex and Flows do."""
        self.org.run(lambda tx: tx.publish(event, [fields]), user=self.org.admin)

    def seed(self, records: dict[str, list[dict[str, Any]]]) -> dict[str, str]:
        """Ids by the records' `$ref`."""
        return dict(self.org.seed(records))


@functools.cache
def package() -> tuple[Any, Any, Any]:
    """Read and compiled once."""
    project = load_project(ROOT)
    apex = ApexRuntime(project.schema, project.classes, project.triggers)
    return project, apex, FlowRuntime(project.schema, project.flows, apex.actions)


@asynccontextmanager
async def open_org(
    project: Path | None = None, options: OrgOptions | None = None, *, flows: bool = True
) -> AsyncIterator[SalesforceOrg]:
    """An empty org with the package, or with the project of a folder; of the package without its
    Flows, where asked."""
    loaded, *runtimes = package() if project is None else (None,)
    if loaded is not None and not flows:
        runtimes[1] = FlowRuntime(loaded.schema, (), runtimes[0].actions)
    if loaded is not None and options is not None:
        loaded = dataclasses.replace(loaded, options=options)
    org = Org(loaded, *runtimes) if project is None else Org.of(load_project(project, options))
    async with serving(org, apex_subscribers(org)) as address, AsyncExitStack() as stack:
        http = await open_http(Path(address.ca_file), stack)
        yield SalesforceOrg(org, address, http)
