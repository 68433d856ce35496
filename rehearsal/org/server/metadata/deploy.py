"""Runs deployments, one at a time, in the order in which they came."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from concurrent.futures import ThreadPoolExecutor

from rehearsal.org.bus.subscribers import ApexSubscribers
from rehearsal.org.bus.subscriptions import event_triggers
from rehearsal.org.org import Org
from rehearsal.org.ports import User
from rehearsal.org.server.metadata.candidate import Attempt, attempt
from rehearsal.org.server.metadata.convert import Converted, convert
from rehearsal.org.server.metadata.jobs import Deployment, Options, OptionsRefused, Status
from rehearsal.org.server.metadata.package import BadZip, read_package
from rehearsal.org.server.metadata.problems import Problem
from rehearsal.org.server.metadata.results import Success
from rehearsal.org.server.metadata.testing import run_deployment_tests
from rehearsal.org.server.metadata.tree import SourceTree
from rehearsal.org.store import IdMaker

VALIDATION_AGE = dt.timedelta(days=10)
"""How long a validation can be deployed (Metadata API Developer Guide, "deployRecentValidation").
"""
_ROUNDS = 20
_log = logging.getLogger(__name__)


class _Canceled(Exception):
    pass


class Deployments:
    """The deployments of one org, on a thread of their own.

    The org goes on while one is checked and its tests run; taking it over is a moment between two
    transactions.
    """

    def __init__(self, org: Org, subscribers: ApexSubscribers, tree: SourceTree) -> None:
        self._org, self._subscribers = org, subscribers
        self.tree = tree
        self._jobs: dict[str, Deployment] = {}
        self._ids = IdMaker()
        self._executor = ThreadPoolExecutor(1, "deploy")
        self._lock = threading.Lock()

    def close(self) -> None:
        """Waits for the deployment that is running; those that wait are not begun."""
        self._executor.shutdown(cancel_futures=True)

    def start(self, content: bytes, options: Options, user: User) -> Deployment:
        """Queues the deployment of a zip. Raises OptionsRefused."""
        options.check()
        with self._lock:
            job = Deployment(self._ids.next("0Af"), options, content, user, self._now())
            self._jobs[job.id] = job
        self._executor.submit(self._run, job)
        return job

    def find(self, id_: str) -> Deployment | None:
        """By its id of 15 or 18 characters."""
        return next((job for job in self._jobs.values() if id_ in (job.id, job.id[:15])), None)

    def cancel(self, job: Deployment, user: User) -> None:
        """Asks for its end. Raises OptionsRefused for one that is done."""
        with self._lock:
            if job.done:
                raise OptionsRefused("The deployment has already been completed")
            job.canceled_by, job.status = user, Status.CANCELING

    def quick(self, validation_id: str, user: User) -> Deployment:
        """Deploys what was validated with tests in the last ten days. Raises OptionsRefused."""
        job = self.find(validation_id)
        if (
            job is None
            or not job.options.check_only
            or not job.options.runs_tests
            or job.status is not Status.SUCCEEDED
            or self._now() - job.created > VALIDATION_AGE
        ):
            raise OptionsRefused(f"{validation_id}: no validation that can be deployed")
        return self.start(job.content, job.quick_options(), user)

    def _now(self) -> dt.datetime:
        return self._org.clock.now()

    def _run(self, job: Deployment) -> None:
        status = Status.FAILED
        try:
            self._advance(job)
            job.started = self._now()
            status = self._deploy(job)
        except _Canceled:
            status = Status.CANCELED
        except BadZip as error:
            job.error = ("INVALID_FILE", f"the zip file cannot be read: {error}")
        except Exception as error:
            _log.exception("Deployment %s", job.id)
            job.error = ("UNKNOWN_EXCEPTION", f"{type(error).__name__}: {error}")
        with self._lock:
            job.completed = job.modified = self._now()
            job.status = status

    def _advance(self, job: Deployment, detail: str | None = None) -> None:
        """To the next step, unless the deployment is to be canceled."""
        with self._lock:
            if job.canceling:
                raise _Canceled
            job.status, job.state_detail, job.modified = Status.IN_PROGRESS, detail, self._now()

    def _deploy(self, job: Deployment) -> Status:
        converted = convert(read_package(job.content))
        job.total = len(converted.places) + len(
            {problem.key for problem in converted.problems} - set(converted.places)
        )
        self._advance(job, "Checking components")
        before = self.tree
        made, problems = self._attempt(job, before, converted)
        job.successes = _successes(before, converted, problems)
        job.problems = problems
        if made.org is None or (problems and job.options.rollback_on_error):
            return Status.FAILED
        self._advance(job, "Running tests")
        deployed = {name for kind, name in converted.places if kind in {"ApexClass", "ApexTrigger"}}
        run_deployment_tests(made.org, job.options, deployed, job.tests, lambda: not job.canceling)
        self._advance(job)
        if not job.tests.passed:
            return Status.FAILED
        if not job.options.check_only:
            self._take_over(made, converted, made.org)
        return Status.PARTIAL if problems else Status.SUCCEEDED

    def _attempt(
        self, job: Deployment, tree: SourceTree, converted: Converted
    ) -> tuple[Attempt, list[Problem]]:
        """Tries with everything, then again without what cannot be deployed, until the rest can:
        so what depends on a faulty component, and is not in the org, is faulty too."""
        problems = list(converted.problems)
        made = attempt(self._org, tree, converted)
        for _ in range(_ROUNDS):
            problems += made.problems
            if made.org is not None:
                break
            dropped = [converted.drop(key) for key in {p.key for p in made.problems}]
            if not any(dropped):
                break
            made = attempt(self._org, tree, converted)
        return made, list(dict.fromkeys(problems))

    def _take_over(self, made: Attempt, converted: Converted, candidate: Org) -> None:
        self._org.adopt(candidate)
        subscriptions = event_triggers(candidate.project)
        self._subscribers.adopt(candidate.triggers, subscriptions)
        for trigger in subscriptions:
            if ("ApexTrigger", trigger.name.lower()) in converted.places:
                self._subscribers.resume(trigger.name)
        self.tree = made.tree


def _successes(before: SourceTree, converted: Converted, problems: list[Problem]) -> list[Success]:
    failed = {problem.key for problem in problems}
    found: list[Success] = []
    for key, place in converted.places.items():
        if key in failed:
            continue
        created = place.component not in before
        changed = created or before.changed(converted.files, converted.paths[key])
        found.append(Success(place, created, changed))
    return found
