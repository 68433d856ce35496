"""Layer `apex`: SOQL in Apex against the schema, and rules that other tools lack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rehearsal.org.check.apex.code import classes, parsed, scopes
from rehearsal.org.check.apex.queries import queries, query_faults
from rehearsal.org.check.apex.rules import faults
from rehearsal.org.check.finding import Finding
from rehearsal.org.check.layers import layer
from rehearsal.org.check.names import Names
from rehearsal.org.check.tree import Tree, read_tree


@layer("apex")
def check_apex(root: Path) -> Iterator[Finding]:
    """Every class and trigger."""
    tree = read_tree(root)
    yield from _check(tree, Names(tree))


def _check(tree: Tree, names: Names) -> Iterator[Finding]:
    known = classes(tree.classes)
    for code in [*tree.classes, *tree.triggers]:
        for query, above in queries(parsed(code.text)):
            for line, message in query_faults(query, names):
                yield Finding(code.path, line + above, "error", message, "soql")
        for node, scope in scopes(code, names, known):
            for line, message, check, severity in faults(node, scope):
                yield Finding(code.path, line, severity, message, check)
