"""Local orgs with the package in them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rehearsal.org.apex import ApexRuntime
from rehearsal.org.flow import FlowRuntime
from rehearsal.org.org import Org
from rehearsal.org.source import load_project
from tests.package.org.local import ROOT, Package

Make = Callable[[dict[str, str | None]], Package]


@pytest.fixture(scope="session")
def new_org() -> Callable[[], Package]:
    """Makes empty orgs; the package is read and compiled once."""
    project = load_project(ROOT)
    apex = ApexRuntime(project.schema, project.classes, project.triggers)
    flows = FlowRuntime(project.schema, project.flows, apex.actions)
    return lambda: Package(Org(project, apex, flows))


@pytest.fixture
def package_org(new_org: Callable[[], Package]) -> Package:
    return new_org()


@pytest.fixture(scope="module")
def shared_org(new_org: Callable[[], Package]) -> Package:
    """For tests that only ever use keys of their own."""
    return new_org()


@pytest.fixture
def hostile(tmp_path: Path) -> Make:
    """An org with the package and, beside it, components of the customer's own org.

    A name below `salesforce/` stands for what an admin changed in ours; None removes it.
    """

    def make(components: dict[str, str | None]) -> Package:
        shutil.copytree(ROOT / "salesforce", tmp_path / "salesforce")
        project = json.loads((ROOT / "sfdx-project.json").read_text("utf-8"))
        project["packageDirectories"].append({"path": "theirs"})
        (tmp_path / "sfdx-project.json").write_text(json.dumps(project), "utf-8")
        (tmp_path / "theirs").mkdir()
        for name, text in components.items():
            ours = name.startswith("salesforce/")
            path = tmp_path / name if ours else tmp_path / "theirs" / "main" / "default" / name
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
        return Package(Org.load(tmp_path))

    return make
