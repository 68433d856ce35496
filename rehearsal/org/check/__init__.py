"""Checks an sfdx project without an org: `localorg check`.

Importing this package registers its layers.
"""

from rehearsal.org.check import apex, external, local, metadata, references
from rehearsal.org.check.finding import Finding, NotRun
from rehearsal.org.check.layers import LAYERS
from rehearsal.org.check.run import Result, run

__all__ = [
    "LAYERS",
    "Finding",
    "NotRun",
    "Result",
    "apex",
    "external",
    "local",
    "metadata",
    "references",
    "run",
]
