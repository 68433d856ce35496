"""`localorg test` on a small project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from lxml import etree

from rehearsal.org.cli import main
from rehearsal.org.limits import SYNCHRONOUS
from tests.rehearsal.org.conftest import ProjectFiles

HALF = """\
public class Half {
    public static Integer of(Integer n) {
        if (n == 0) {
            return 0;
        }
        return n / 2;
    }
    public static Integer unused() {
        return 1;
    }
}
"""
HALF_TEST = """\
@IsTest
private class HalfTest {
    @IsTest
    static void it_should_halve() {
        System.assertEquals(2, Half.of(4));
    }
    @IsTest
    static void it_should_fail() {
        check('one, two', '<&> ' + Half.of(6));
    }
    private static void check(String expected, String actual) {
        System.assertEquals(expected, actual, 'parts: all');
    }
}
"""
LIMIT_TEST = """\
@IsTest
private class LimitTest {
    @IsTest
    static void it_should_query() {
        for (Integer i = 0; i < 60; i++) {
            List<Account> found = [SELECT Id FROM Account];
        }
    }
    @IsTest
    static void it_should_query_too_often() {
        for (Integer i = 0; i < 101; i++) {
            List<Account> found = [SELECT Id FROM Account];
        }
    }
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = ProjectFiles(tmp_path)
    for name, text in (("Half", HALF), ("HalfTest", HALF_TEST), ("LimitTest", LIMIT_TEST)):
        write_class(files, name, text)
    return tmp_path


def write_class(files: ProjectFiles, name: str, text: str) -> None:
    files.write(f"classes/{name}.cls", text)
    body = "<apiVersion>66.0</apiVersion><status>Active</status>"
    files.meta(f"classes/{name}.cls-meta.xml", "ApexClass", body)


def run(project: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(main, ["test", "--project", str(project), *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def run_json(project: Path, *arguments: str) -> Any:
    return json.loads(run(project, "--json", *arguments).stdout)


def test_a_good_run_has_a_line_for_each_method_and_class_and_ends_well(project: Path) -> None:
    done = run(project, "--only", "HalfTest.it_should_halve")
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "PASS HalfTest.it_should_halve",
        " 50.0 % Half",
        "1 of 1 tests passed, 50.0 % of lines run.",
    ]


def test_a_failure_names_expected_actual_file_and_line(project: Path) -> None:
    done = run(project, "--only", "HalfTest")
    assert done.exit_code == 1
    path = next(project.rglob("HalfTest.cls"))
    lines = done.stdout.splitlines()
    at = lines.index(
        "FAIL HalfTest.it_should_fail: System.AssertException: Assertion Failed: parts: all:"
        " Expected: one, two, Actual: <&> 3"
    )
    assert lines[at + 1 : at + 5] == [
        "  expected: one, two",
        "  actual:   <&> 3",
        f"  {path}:12 Class.HalfTest.check",
        f"  {path}:9 Class.HalfTest.it_should_fail",
    ]
    assert lines[-1] == "1 of 2 tests passed, 50.0 % of lines run."


def test_a_limit_exception_names_file_and_line(project: Path) -> None:
    done = run(project, "--only", "LimitTest.it_should_query_too_often")
    path = next(project.rglob("LimitTest.cls"))
    assert done.exit_code == 1
    assert "System.LimitException: Too many SOQL queries: 101" in done.stdout
    assert f"  {path}:12 Class.LimitTest.it_should_query_too_often" in done.stdout.splitlines()


def test_only_takes_methods_and_classes_in_any_case(project: Path) -> None:
    found = run_json(project, "--only", "limittest.IT_should_query", "--only", "HalfTest")
    assert [test["method"] for test in found["tests"]] == [
        "it_should_query",
        "it_should_halve",
        "it_should_fail",
    ]


def test_only_refuses_a_name_that_is_no_test(project: Path) -> None:
    done = run(project, "--only", "Half")
    assert done.exit_code == 2
    assert "no such test: Half" in done.stderr


def test_coverage_below_names_classes_and_lines_and_exits_1(project: Path) -> None:
    only = ("--only", "HalfTest.it_should_halve", "--coverage-below")
    thin = run(project, *only, "75")
    assert thin.exit_code == 1
    assert "Half: 50.0 % is below 75 %; not run: 4, 9" in thin.stdout.splitlines()
    assert run(project, *only, "50").exit_code == 0


def test_limits_are_shown_on_demand(project: Path) -> None:
    arguments = ("--only", "LimitTest.it_should_query")
    assert "queries" not in run(project, *arguments).stdout
    assert "queries 60/100" in run(project, *arguments, "--limits").stdout


def test_json_holds_the_whole_run(project: Path) -> None:
    found = run_json(project, "--coverage-below", "75")
    assert (found["passed"], found["failed"], found["percent"]) == (2, 2, 50.0)
    assert found["below"] == ["Half"]
    assert found["coverage"] == [{"name": "Half", "percent": 50.0, "lines": 4, "missed": [4, 9]}]
    tests = {test["method"]: test for test in found["tests"]}
    failed = tests["it_should_fail"]
    assert (failed["expected"], failed["actual"]) == ("one, two", "<&> 3")
    assert failed["stack"][0] == f"{next(project.rglob('HalfTest.cls'))}:12"
    assert tests["it_should_halve"]["expected"] is None
    assert tests["it_should_query"]["limits"]["queries"] == 60
    assert found["maxima"]["queries"] == SYNCHRONOUS["queries"]


def test_junit_has_a_suite_for_each_class(project: Path, tmp_path: Path) -> None:
    report = tmp_path / "junit.xml"
    assert run(project, "--junit", str(report)).exit_code == 1
    root = etree.fromstring(report.read_bytes())
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in root] == [
        ("HalfTest", "2", "1"),
        ("LimitTest", "2", "1"),
    ]
    (failed,) = root.xpath("//testcase[@name='it_should_fail']")
    (failure,) = failed
    path = str(next(project.rglob("HalfTest.cls")))
    assert (failed.get("classname"), failed.get("file"), failed.get("line")) == (
        "HalfTest",
        path,
        "9",
    )
    assert failure.get("type") == "System.AssertException"
    assert "Actual: <&> 3" in failure.text
    assert f"{path}:12" in failure.text


def test_junit_can_be_read_whatever_the_message_holds(tmp_path: Path) -> None:
    write_class(
        ProjectFiles(tmp_path),
        "BadTest",
        "@IsTest private class BadTest { @IsTest static void bad() {"
        " System.assert(false, '\\u0001A'); } }",
    )
    report = tmp_path / "junit.xml"
    assert run(tmp_path, "--junit", str(report)).exit_code == 1
    (failure,) = etree.fromstring(report.read_bytes()).iter("failure")
    assert failure.text.splitlines()[0].endswith("\ufffdA")
