"""What in an org would clash with the package, not fit, or is still missing."""

from bridge.preflight.findings import Finding, Level
from bridge.preflight.org import Expected, Org
from bridge.preflight.run import CHECKS, examine

__all__ = ["CHECKS", "Expected", "Finding", "Level", "Org", "examine"]
