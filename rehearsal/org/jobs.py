"""What became of asynchronous Apex: the `AsyncApexJob` records."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from rehearsal.org.errors import OrgError
from rehearsal.org.ports import Job
from rehearsal.org.values import Row

_LONGEST = 255


def job_row(job: Job, now: dt.datetime, error: OrgError | None) -> Row:
    """The record of a job that has run (Object Reference, "AsyncApexJob")."""
    _, _, method = job.name.partition(".")
    return {
        "attributes": {"type": "AsyncApexJob"},
        "Id": job.id,
        "JobType": str(job.kind),
        "MethodName": method or None,
        "Status": "Completed" if error is None else "Failed",
        "ExtendedStatus": None if error is None else str(error)[:_LONGEST],
        "NumberOfErrors": Decimal(0 if error is None else 1),
        "CreatedDate": now.replace(microsecond=0),
        "CompletedDate": now.replace(microsecond=0),
        "CreatedById": job.user.id,
    }
