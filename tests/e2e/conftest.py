"""The whole house as real processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.end_state import ROOT


@pytest.fixture(scope="session")
def project() -> Path:
    return ROOT
