"""Record-triggered and autolaunched Flows, run from their metadata."""

from __future__ import annotations

from rehearsal.org.flow.runtime import FlowRuntime

__all__ = ["FlowRuntime"]
