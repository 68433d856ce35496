"""Apex: the project's classes and triggers, compiled to closures.

`ApexRuntime` compiles at construction and runs triggers; `testing.run_tests` runs test methods.
"""

from rehearsal.org.apex.runtime import ApexRuntime

__all__ = ["ApexRuntime"]
