"""One deployment: what was asked for, how far it is, what became of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from enum import StrEnum

from rehearsal.org.ports import User
from rehearsal.org.server.metadata.problems import Problem
from rehearsal.org.server.metadata.results import (
    Success,
    TestRun,
    Tree,
    manifest_tree,
    problem_tree,
)


class Status(StrEnum):
    """`DeployStatus` of the API."""

    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    PARTIAL = "SucceededPartial"
    FAILED = "Failed"
    CANCELING = "Canceling"
    CANCELED = "Canceled"


DONE = frozenset({Status.SUCCEEDED, Status.PARTIAL, Status.FAILED, Status.CANCELED})
TEST_LEVELS = frozenset({"NoTestRun", "RunSpecifiedTests", "RunLocalTests", "RunAllTestsInOrg"})


class OptionsRefused(Exception):
    """The call is refused before there is a deployment; the message is Salesforce's."""


@dataclass(frozen=True, slots=True)
class Options:
    """`DeployOptions`. Without a level, tests run as in a sandbox: not at all."""

    check_only: bool = False
    rollback_on_error: bool = False
    ignore_warnings: bool = False
    single_package: bool = True
    test_level: str = "NoTestRun"
    run_tests: tuple[str, ...] = ()

    @property
    def runs_tests(self) -> bool:
        return self.test_level != "NoTestRun"

    def check(self) -> None:
        """Raises OptionsRefused."""
        if self.test_level not in TEST_LEVELS:
            raise OptionsRefused(f"not supported by the local org: test level {self.test_level}")
        if self.run_tests and self.test_level != "RunSpecifiedTests":
            raise OptionsRefused("runTests can be used only with a testLevel of RunSpecifiedTests")
        if self.test_level == "RunSpecifiedTests" and not self.run_tests:
            raise OptionsRefused("testLevel of RunSpecifiedTests requires runTests")


@dataclass(slots=True)
class Deployment:
    """Written by the thread that runs it, read by the ones that ask for it."""

    id: str
    options: Options
    content: bytes
    """The zip."""
    user: User
    created: dt.datetime
    status: Status = Status.PENDING
    started: dt.datetime | None = None
    completed: dt.datetime | None = None
    modified: dt.datetime | None = None
    canceled_by: User | None = None
    total: int = 0
    successes: list[Success] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    tests: TestRun = field(default_factory=TestRun)
    state_detail: str | None = None
    error: tuple[str, str] | None = None
    """A status code and a message, where the deployment as a whole was refused."""

    @property
    def done(self) -> bool:
        return self.status in DONE

    @property
    def canceling(self) -> bool:
        return self.status is Status.CANCELING

    def quick_options(self) -> Options:
        """Those of the deployment of what this one has validated."""
        return replace(self.options, check_only=False, test_level="NoTestRun", run_tests=())

    def tree(self, details: bool) -> Tree:
        """The DeployResult."""
        made: Tree = {}
        if self.canceled_by is not None:
            made |= {"canceledBy": self.canceled_by.id, "canceledByName": self.canceled_by.name}
        made["checkOnly"] = self.options.check_only
        if self.completed is not None:
            made["completedDate"] = self.completed
        made |= {
            "createdBy": self.user.id,
            "createdByName": self.user.name,
            "createdDate": self.created,
        }
        if details:
            made["details"] = self._details()
        made["done"] = self.done
        if self.error is not None:
            made |= {"errorMessage": self.error[1], "errorStatusCode": self.error[0]}
        made |= {
            "id": self.id,
            "ignoreWarnings": self.options.ignore_warnings,
            "lastModifiedDate": self.modified or self.created,
            "numberComponentErrors": len({problem.key for problem in self.problems}),
            "numberComponentsDeployed": len(self.successes),
            "numberComponentsTotal": self.total,
            "numberTestErrors": self.tests.failures,
            "numberTestsCompleted": sum(result.passed for result, _ in self.tests.results),
            "numberTestsTotal": self.tests.total,
            "rollbackOnError": self.options.rollback_on_error,
            "runTestsEnabled": self.options.runs_tests,
        }
        if self.started is not None:
            made["startDate"] = self.started
        if self.state_detail is not None and not self.done:
            made["stateDetail"] = self.state_detail
        made["status"] = str(self.status)
        made["success"] = self.status in {Status.SUCCEEDED, Status.PARTIAL}
        return made

    def _details(self) -> Tree:
        now = self.modified or self.created
        successes = [success.tree(now) for success in self.successes]
        if successes:
            successes.insert(0, manifest_tree(now))
        return {
            "componentFailures": [problem_tree(problem, now) for problem in self.problems],
            "componentSuccesses": successes,
            "runTestResult": self.tests.tree(),
        }
