"""What can be wrong with a formula, before and while it runs."""

from __future__ import annotations

from rehearsal.org.errors import OrgError


class FormulaError(OrgError):
    """The formula does not compile. `position` counts characters from 0."""

    def __init__(self, message: str, position: int = 0) -> None:
        self.message, self.position = message, position
        super().__init__(message)


class EvaluationError(FormulaError):
    """The formula failed on these values, such as a division by zero.

    A formula field shows `#Error!` and reads as null; a validation rule and a Flow refuse the
    record.
    """
