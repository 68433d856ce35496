"""Apex: the project's classes and triggers, compiled to closures.

`ApexRuntime` compiles everything at construction and runs triggers; `testing.run_tests` runs test
methods with line coverage.

Imports go one way: `types`, `parsing`, `classes`, `values` → `registry`, `execution`, `world` →
`records`, `dml`, `library/` → `compiler/` → `triggers`, `runtime` → `testing`.

Apex that does not compile is a MetadataError and a feature that is missing here an Unsupported,
both with file and line, before anything runs. Missing are: Double and Time, Batchable and
Schedulable Apex, callouts, SOSL, e-mail, stubs, user classes as Iterable, locale formats of dates
and numbers.
"""

from rehearsal.org.apex.runtime import ApexRuntime

__all__ = ["ApexRuntime"]
