"""Checks by tools that others wrote: apex-ls, prettier, PMD and the Flow scanner.

They are looked for in the project's own node_modules. Each runs in processes of its own, all at the
same time; one that is not there is a NotRun. Why each rule is asked for stands in
`node/apex_rules.mjs` and `node/flow_rules.mjs`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, NoReturn

import msgspec

from rehearsal.org.check.finding import Finding, NotRun, Severity
from rehearsal.org.check.layers import layer

NODE, JAVA = 20, 17
"""The oldest major versions that the tools run on."""
_SECONDS = 300
_SCRIPTS = Path(__file__).parent / "node"
_JARS = "@salesforce/code-analyzer-pmd-engine/dist/java-lib"
# After a syntax error apex-ls lists every keyword that could have stood there.
_ALTERNATIVES = re.compile(r" expecting \{.{80,}\}$", re.DOTALL)
# Each run is seconds long: what a JVM prepares for longer ones costs more than it saves.
_SHORT_RUN = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")


@dataclass(frozen=True, slots=True)
class _Tool:
    name: str
    packages: tuple[str, ...]
    """What it needs in node_modules."""
    runs_on: tuple[Literal["node", "java"], ...]
    run: Callable[[Path, list[Path]], list[Finding]]
    """Takes the project's root and its package directories. Raises _Broken."""


class _Broken(Exception):
    """A tool ended without saying what it found."""


@layer("external")
def external(root: Path) -> Iterator[Finding | NotRun]:
    """What apex-ls, prettier, PMD and the Flow scanner say about the project."""
    folders = _package_directories(root)
    if not folders:
        return  # that there is no project is another layer's finding
    with ThreadPoolExecutor(len(TOOLS)) as pool:
        for found in pool.map(lambda tool: _run(tool, root, folders), TOOLS):
            yield from found


def _run(tool: _Tool, root: Path, folders: list[Path]) -> list[Finding | NotRun]:
    if reason := _lacking(tool, root):
        return [NotRun(tool.name, reason)]
    try:
        return list(tool.run(root, folders))
    except (_Broken, OSError, subprocess.TimeoutExpired, msgspec.MsgspecError) as broken:
        return [Finding(root, 0, "error", f"{tool.name} broke off: {broken}", tool.name)]


def _lacking(tool: _Tool, root: Path) -> str | None:
    modules = root / "node_modules"
    missing = [name for name in tool.packages if not (modules / name).exists()]
    if missing:
        return f"not in node_modules: {', '.join(missing)} (npm ci)"
    if "node" in tool.runs_on and (lacking := _too_old("Node.js", "node", "--version", NODE)):
        return lacking
    if "java" in tool.runs_on and (lacking := _too_old("Java", "java", "-version", JAVA)):
        return lacking
    if tool.name == "prettier" and not _has_prettier_configuration(root):
        return "the project has no .prettierrc"
    return None


def _too_old(name: str, command: str, option: str, needed: int) -> str | None:
    path = shutil.which(command)
    found = _major_version(path, option) if path else None
    if found is None:
        return f"needs {name} {needed} or later"
    return None if found >= needed else f"needs {name} {needed} or later, found {found}"


@cache
def _major_version(path: str, option: str) -> int | None:
    done = subprocess.run([path, option], capture_output=True, text=True, timeout=_SECONDS)  # noqa: S603
    # `v20.20.2`, or `openjdk version "17.0.15" 2025-04-15` on stderr.
    found = re.search(r'^v(\d+)|version "(\d+)', done.stdout + done.stderr, re.MULTILINE)
    return int(found[1] or found[2]) if found else None


def _has_prettier_configuration(root: Path) -> bool:
    return any(root.glob(".prettierrc*")) or any(root.glob("prettier.config.*"))


class _Place(msgspec.Struct):
    line: int


class _Issue(msgspec.Struct):
    start: _Place
    category: str
    message: str


class _IssuesOfFile(msgspec.Struct):
    path: str
    messages: list[_Issue]


class _Issues(msgspec.Struct):
    files: list[_IssuesOfFile]


def _apex_ls(root: Path, folders: list[Path]) -> list[Finding]:
    """Types Apex against the platform's own; its exit code says less than its output."""
    jars = root.resolve() / "node_modules" / _JARS / "*"
    main = "io.github.apexdevtools.apexls.CheckForIssues"
    options = ("-n", "-d", "warnings", "-f", "json", "-w", str(root.resolve()))
    done = _process(root, ["java", *_SHORT_RUN, "-cp", str(jars), main, *options])
    if not done.stdout:
        _broken(done)
    issues = msgspec.json.decode(done.stdout, type=_Issues)
    return [
        Finding(
            _as_given(root, file.path),
            issue.start.line,
            "error" if issue.category in {"Syntax", "Error", "Missing"} else "warning",
            _ALTERNATIVES.sub("", issue.message),
            f"apex-ls/{issue.category.lower()}",
        )
        for file in issues.files
        for issue in file.messages
    ]


def _prettier(root: Path, folders: list[Path]) -> list[Finding]:
    """Compares Apex and XML with how prettier would lay them out."""
    command = root.resolve() / "node_modules/prettier/bin/prettier.cjs"
    # The cache is in node_modules and goes with it, so a new version never meets an old one's.
    options = ("--list-different", "--cache", "--cache-strategy", "content")
    files = [
        str(path.relative_to(root))
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.suffix in {".cls", ".trigger", ".xml"}
    ]
    if not files:
        return []
    done = _process(root, ["node", str(command), *options, *files])
    found = [
        Finding(root / name, 0, "error", "is not laid out as .prettierrc says", "prettier")
        for name in done.stdout.splitlines()
    ]
    # `[error] classes/Some.cls: SyntaxError: Unexpected token (3:8)`
    said = re.findall(r"^\[error\] (\S.*?): \w*Error: (.+)$", done.stderr, re.MULTILINE)
    for name, message in said:
        place = re.search(r"\((\d+):\d+\)", message)
        line = int(place[1]) if place else 0
        found.append(Finding(root / name, line, "error", message, "prettier"))
    return found if found or done.returncode == 0 else _broken(done)


class _Reported(msgspec.Struct):
    """What the scripts in node/ print."""

    path: str
    line: int
    severity: Severity
    message: str
    rule: str


def _pmd(root: Path, folders: list[Path]) -> list[Finding]:
    return _script(root, "pmd", "scan_apex.mjs", folders)


def _flow_scanner(root: Path, folders: list[Path]) -> list[Finding]:
    flows = [path for folder in folders for path in sorted(folder.rglob("*.flow-meta.xml"))]
    return _script(root, "flow-scanner", "scan_flows.mjs", flows) if flows else []


def _script(root: Path, name: str, script: str, targets: list[Path]) -> list[Finding]:
    command = ["node", str(_SCRIPTS / script), str(root.resolve()), *_names(targets)]
    done = _process(root, command)
    if done.returncode != 0:
        _broken(done)
    return [
        Finding(_as_given(root, at.path), at.line, at.severity, at.message, f"{name}/{at.rule}")
        for at in msgspec.json.decode(done.stdout, type=list[_Reported])
    ]


def _process(root: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    java = " ".join((os.environ.get("JAVA_TOOL_OPTIONS", ""), *_SHORT_RUN)).strip()
    return subprocess.run(  # noqa: S603
        command,
        cwd=root,
        env=os.environ | {"JAVA_TOOL_OPTIONS": java},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )


def _broken(done: subprocess.CompletedProcess[str]) -> NoReturn:
    lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    said = next((line for line in lines if "Error" in line), lines[-1] if lines else "no output")
    raise _Broken(f"exit {done.returncode}: {said.strip()}")


def _names(paths: list[Path]) -> list[str]:
    return [str(path.resolve()) for path in paths]


def _as_given(root: Path, name: str) -> Path:
    """The path below `root` as the caller wrote `root`; tools print absolute or relative ones."""
    path = (root.resolve() / name).resolve()
    return root / path.relative_to(root.resolve()) if path.is_relative_to(root.resolve()) else path


class _Directory(msgspec.Struct):
    path: str


class _ProjectFile(msgspec.Struct):
    directories: list[_Directory] = msgspec.field(name="packageDirectories")


def _package_directories(root: Path) -> list[Path]:
    """Those that exist; none when the project file cannot be read."""
    try:
        text = (root / "sfdx-project.json").read_bytes()
        project = msgspec.json.decode(text, type=_ProjectFile)
    except (OSError, msgspec.MsgspecError):
        return []
    return [root / item.path for item in project.directories if (root / item.path).is_dir()]


TOOLS = (
    _Tool("apex-ls", (_JARS,), ("java",), _apex_ls),
    _Tool(
        "prettier",
        ("prettier", "prettier-plugin-apex", "@prettier/plugin-xml"),
        ("node",),
        _prettier,
    ),
    _Tool(
        "pmd",
        ("@salesforce/code-analyzer-core", "@salesforce/code-analyzer-pmd-engine"),
        ("node", "java"),
        _pmd,
    ),
    _Tool(
        "flow-scanner",
        ("@flow-scanner/lightning-flow-scanner-core",),
        ("node",),
        _flow_scanner,
    ),
)
