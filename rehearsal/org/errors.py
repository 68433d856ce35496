"""What the org refuses, in Salesforce's own codes.

OrgError
 ├─ Unsupported        a feature of Salesforce that this org does not have; raised at load time
 ├─ MetadataError      the package is wrong; raised at load time
 ├─ SaveError          one record is refused (StatusCode of the SOAP API)
 ├─ QueryError         a SOQL query is refused (MALFORMED_QUERY, INVALID_FIELD, …)
 └─ LimitExceeded      a governor limit; cannot be caught by Apex or a fault path
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class OrgError(Exception):
    """Anything the org refuses."""


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a source file; lines and columns count from 1."""

    path: Path | None = None
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.path or '<text>'}:{self.line}" if self.line else str(self.path or "<text>")


class Unsupported(OrgError):
    """This local org does not support the feature."""

    def __init__(self, feature: str, where: Where | None = None) -> None:
        self.feature, self.where = feature, where
        super().__init__(
            f"{where}: not supported by the local org: {feature}" if where else feature
        )


class MetadataError(OrgError):
    """A component of the package is wrong."""

    def __init__(self, message: str, where: Where | None = None) -> None:
        self.message, self.where = message, where
        super().__init__(f"{where}: {message}" if where else message)


class SaveError(OrgError):
    """One record is refused, with a StatusCode such as ``FIELD_CUSTOM_VALIDATION_EXCEPTION``."""

    def __init__(self, status_code: str, message: str, fields: tuple[str, ...] = ()) -> None:
        self.status_code, self.message, self.fields = status_code, message, fields
        super().__init__(f"{status_code}: {message}")


class QueryError(OrgError):
    """A query is refused."""

    def __init__(self, error_code: str, message: str) -> None:
        self.error_code, self.message = error_code, message
        super().__init__(message)


class LimitExceeded(OrgError):
    """``System.LimitException``: ends the transaction, cannot be caught inside it."""

    trace: tuple[tuple[str, int], ...] = ()
    """Where Apex stood: `Class.Name.method` and line, innermost first; empty outside Apex."""


class JobFailed(OrgError):
    """Asynchronous Apex ended with an exception that nobody caught."""
