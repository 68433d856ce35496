"""The Metadata API of one org: its operations, whatever the protocol."""

from __future__ import annotations

from rehearsal.org.bus.subscribers import ApexSubscribers
from rehearsal.org.org import Org
from rehearsal.org.ports import User
from rehearsal.org.server.metadata.deploy import Deployments
from rehearsal.org.server.metadata.tree import SourceTree
from rehearsal.org.server.rest.access import has_permission


class MetadataApi:
    """Reads the org's project once, when it is made: what changes on the disk after that is not the
    org's any more."""

    def __init__(self, org: Org, subscribers: ApexSubscribers) -> None:
        self.org = org
        self.started = org.clock.now()
        self.deployments = Deployments(org, subscribers, SourceTree.of_project(org.project.root))

    def close(self) -> None:
        """Waits for the deployment that is running."""
        self.deployments.close()


def may_deploy(user: User) -> bool:
    """Help, "Modify Metadata Through Metadata API Functions"."""
    return has_permission(user, "ModifyMetadata") or has_permission(user, "ModifyAllData")
