"""`Limits` (Apex Reference Guide)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.org.apex.registry import native

if TYPE_CHECKING:
    from rehearsal.org.apex.execution import Execution

_COUNTED = {
    "Queries": "queries",
    "QueryRows": "query_rows",
    "DmlStatements": "dml_statements",
    "DmlRows": "dml_rows",
    "CpuTime": "cpu_ms",
    "HeapSize": "heap",
    "FutureCalls": "future_calls",
    "QueueableJobs": "queueable_jobs",
    "PublishImmediateDML": "publish_immediate",
}


def _register(name: str, counter: str) -> None:
    def used(run: Execution) -> int:
        if counter == "heap":
            return run.heap.measure(run)
        return run.tx.limits.used(counter)

    def maximum(run: Execution) -> int:
        return run.tx.limits.maximum(counter)

    native(f"static Limits.get{name}(): Integer")(used)
    native(f"static Limits.getLimit{name}(): Integer")(maximum)


for _name, _counter in _COUNTED.items():
    _register(_name, _counter)
