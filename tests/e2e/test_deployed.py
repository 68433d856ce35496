"""The package deployed onto an empty org, as a company does it; then the story on that org."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from rehearsal.demo.clouds import Clouds
from rehearsal.demo.org import API
from rehearsal.demo.story import SEED, Story
from tests.e2e.end_state import NOW, end_state
from tests.rehearsal.org.server.metadata.soap_client import Soap
from tests.rehearsal.org.server.metadata.zips import project_zip

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
ADMIN = "admin@localorg.example"


class DeployedClouds(Clouds):
    """Begins with an org that knows nothing of the package, and deploys it."""

    def __init__(self, project: Path, empty: Path) -> None:
        super().__init__(empty, SEED, now=NOW)
        self._package = project

    async def prepare_org(self) -> None:
        said = self.salesforce_said
        soap = Soap(self.http, said["http_url"], said["access_token"])
        result = await soap.deploy(project_zip(self._package), testLevel="RunLocalTests")
        assert result["status"] == "Succeeded", (result.failures, result["numberTestErrors"])
        await self._assign("Bridge_Integration", said["username"])
        for permission_set in ("Bridge_Integration", "Bridge_Admin", "Bridge_Reader"):
            await self._assign(permission_set, ADMIN)

    async def _assign(self, permission_set: str, username: str) -> None:
        async def one(soql: str) -> str:
            page = await self.org.request("GET", f"{API}/query?q={quote(soql)}")
            return str(page["records"][0]["Id"])

        assignee = await one(f"SELECT Id FROM User WHERE Username = '{username}'")
        granted = await one(f"SELECT Id FROM PermissionSet WHERE Name = '{permission_set}'")
        body = {"AssigneeId": assignee, "PermissionSetId": granted}
        await self.org.request("POST", f"{API}/sobjects/PermissionSetAssignment", body)


async def told(clouds: Clouds) -> dict[str, list[str]]:
    async with clouds:
        story = Story(clouds)
        async for _ in story.play():
            pass
        return end_state(story.snapshot)


async def test_the_story_ends_the_same_on_an_org_that_the_package_was_deployed_to(
    project: Path, tmp_path: Path
) -> None:
    (tmp_path / "sfdx-project.json").write_text('{"packageDirectories": []}')
    assert await told(DeployedClouds(project, tmp_path)) == await told(
        Clouds(project, SEED, now=NOW)
    )
