"""Custom notification types (Metadata API Developer Guide, "CustomNotificationType")."""

from __future__ import annotations

from pathlib import Path

from rehearsal.org.source.project import Project
from rehearsal.org.source.xml import read_xml


def read_notification_type(path: Path, name: str, project: Project) -> None:
    """Enters one `.notiftype-meta.xml` as a record. Raises MetadataError, Unsupported."""
    node = read_xml(path, "CustomNotificationType")
    node.only(
        frozenset(
            {
                "customNotifTypeName", "description", "desktop", "masterLabel", "mobile", "slack",
                "mobileContentType", "actionGroups",
            }
        )
    )  # fmt: skip
    for required in ("desktop", "mobile"):
        node.need(required)
    project.setting_rows.setdefault("CustomNotificationType", []).append(
        {
            "DeveloperName": name,
            "CustomNotifTypeName": node.need("customNotifTypeName"),
            "MasterLabel": node.need("masterLabel"),
            "Description": node.text("description"),
            "Desktop": node.flag("desktop"),
            "Mobile": node.flag("mobile"),
            "Language": "en_US",
        }
    )
