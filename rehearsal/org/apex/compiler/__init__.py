"""Apex trees to Python closures. Importing the package registers every node's compiler."""

from rehearsal.org.apex.compiler import (
    assignment,
    calls,
    creation,
    dml,
    literals,
    loops,
    operators,
    queries,
    switch,
)

__all__ = [
    "assignment",
    "calls",
    "creation",
    "dml",
    "literals",
    "loops",
    "operators",
    "queries",
    "switch",
]
