"""Reads an sfdx project in source format into a `Project` with a merged `Schema`."""

from rehearsal.org.source.faults import Faults
from rehearsal.org.source.load import Reading, load_project, read_project
from rehearsal.org.source.project import (
    CustomPermission,
    PermissionSet,
    Project,
    SourceFile,
    SubscriberConfig,
)

__all__ = [
    "CustomPermission",
    "Faults",
    "PermissionSet",
    "Project",
    "Reading",
    "SourceFile",
    "SubscriberConfig",
    "load_project",
    "read_project",
]
