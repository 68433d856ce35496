"""Several faults at once: a project is read to the end before it is refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rehearsal.org.errors import MetadataError, OrgError, Unsupported


class Faults:
    """Gathers what is wrong with the parts of a project."""

    def __init__(self, found: Sequence[OrgError] = ()) -> None:
        self.found: list[OrgError] = list(found)

    @contextmanager
    def gather(self) -> Iterator[None]:
        """Notes a fault of the block instead of raising it."""
        try:
            yield
        except (MetadataError, Unsupported) as fault:
            self.found.append(fault)
        except ExceptionGroup as group:
            self.found += _flat(group)

    def raise_any(self) -> None:
        """Raises the one fault there is, or an ExceptionGroup of several."""
        if len(self.found) == 1:
            raise self.found[0]
        if self.found:
            raise ExceptionGroup("the project has faults", self.found)


def _flat(group: ExceptionGroup[Exception]) -> list[OrgError]:
    """Raises the group when it holds anything that is no fault of the project."""
    faults, other = group.split((MetadataError, Unsupported))
    if other is not None:
        raise other
    found: list[OrgError] = []
    for error in faults.exceptions if faults else ():
        if isinstance(error, ExceptionGroup):
            found += _flat(error)
        elif isinstance(error, OrgError):
            found.append(error)
    return found
