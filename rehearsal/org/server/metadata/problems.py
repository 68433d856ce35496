"""What is wrong with a deployment, component by component."""

from __future__ import annotations

from dataclasses import dataclass

PACKAGE_XML = "package.xml"


@dataclass(frozen=True, slots=True)
class Problem:
    """Becomes a DeployMessage of `componentFailures`. Lines and columns count from 1; 0 is none."""

    component_type: str
    full_name: str
    file_name: str
    problem: str
    line: int = 0
    column: int = 0

    @property
    def key(self) -> tuple[str, str]:
        return self.component_type, self.full_name.lower()


def of_package(problem: str, line: int = 0) -> Problem:
    """One of the manifest itself."""
    return Problem("", PACKAGE_XML, PACKAGE_XML, problem, line, 1 if line else 0)
