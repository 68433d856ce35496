"""The part of Apex's standard library that this org has; anything else is refused by name.

Importing the package registers every method in `registry.LIBRARY`.
"""

from rehearsal.org.apex.library import (
    collections,
    database,
    dates,
    encoding,
    eventbus,
    exceptions,
    jobs,
    json,
    limits,
    numbers,
    patterns,
    schema_describe,
    sobjects,
    strings,
    system,
    testing,
    trigger,
)

__all__ = [
    "collections",
    "database",
    "dates",
    "encoding",
    "eventbus",
    "exceptions",
    "jobs",
    "json",
    "limits",
    "numbers",
    "patterns",
    "schema_describe",
    "sobjects",
    "strings",
    "system",
    "testing",
    "trigger",
]
