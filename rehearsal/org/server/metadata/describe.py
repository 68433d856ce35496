"""What the org consists of: `describeMetadata` and `listMetadata`."""

from __future__ import annotations

from rehearsal.org.server.metadata.api import MetadataApi
from rehearsal.org.server.metadata.results import Tree, component_id
from rehearsal.org.server.metadata.types import BY_NAME


def describe() -> Tree:
    """The types that can be deployed here (DescribeMetadataResult)."""
    return {
        "metadataObjects": [
            {
                "childXmlNames": [child.name for child in kind.children],
                "directoryName": kind.folder,
                "inFolder": kind.in_folder,
                "metaFile": kind.meta_file,
                **({"suffix": kind.suffix} if kind.suffix else {}),
                "xmlName": kind.name,
            }
            for kind in sorted(BY_NAME.values(), key=lambda kind: kind.name)
        ],
        "organizationNamespace": "",
        "partialSaveAllowed": True,
        "testRequired": False,
    }


def listed(api: MetadataApi, kinds: list[str]) -> list[Tree]:
    """The org's components of these types (FileProperties)."""
    places = api.deployments.tree.components.values()
    admin = api.org.admin
    return [
        {
            "createdById": admin.id,
            "createdByName": admin.name,
            "createdDate": api.started,
            "fileName": place.file,
            "fullName": place.component.full_name,
            "id": component_id(place),
            "lastModifiedById": admin.id,
            "lastModifiedByName": admin.name,
            "lastModifiedDate": api.started,
            "type": place.component.type,
        }
        for place in sorted(places, key=lambda place: place.component)
        if place.component.type in kinds
    ]
