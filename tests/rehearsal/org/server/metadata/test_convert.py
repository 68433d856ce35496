"""Metadata format taken apart into the files of a project."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from lxml import etree

from rehearsal.org.server.metadata.components import path_in_tree, place_of
from rehearsal.org.server.metadata.convert import convert
from rehearsal.org.server.metadata.package import BadZip, read_package
from rehearsal.org.server.metadata.tree import SourceTree
from rehearsal.org.source import load_project
from tests.rehearsal.org.server.metadata.zips import (
    component,
    field,
    package_xml,
    project_zip,
    zip_of,
)
from tests.rehearsal.org.server.record_org import write_project

OBJECT = component(
    "CustomObject",
    "<deploymentStatus>Deployed</deploymentStatus>\n"
    + field("A__c", "Date")
    + field("B__c", "Date")
    + "<label>Thing</label>\n"
    "<listViews>\n<fullName>All</fullName>\n</listViews>\n"
    "<pluralLabel>Things</pluralLabel>",
)


def line_of(text: str, needle: str) -> int:
    return text[: text.index(needle)].count("\n") + 1


def test_each_part_stands_on_the_line_on_which_it_stood() -> None:
    package = {
        "package.xml": package_xml(CustomObject="Thing__c"),
        "objects/Thing__c.object": OBJECT,
    }
    files = convert(read_package(zip_of(package))).files
    folder = PurePosixPath("objects/Thing__c")
    assert set(files) == {
        folder / "Thing__c.object-meta.xml",
        folder / "fields/A__c.field-meta.xml",
        folder / "fields/B__c.field-meta.xml",
        folder / "listViews/All.listView-meta.xml",
    }
    for path, needle in (
        ("Thing__c.object-meta.xml", "<label>Thing"),
        ("Thing__c.object-meta.xml", "<pluralLabel>"),
        ("fields/A__c.field-meta.xml", "<fullName>A__c"),
        ("fields/B__c.field-meta.xml", "<fullName>B__c"),
        ("listViews/All.listView-meta.xml", "<fullName>All"),
    ):
        assert line_of(files[folder / path].decode(), needle) == line_of(OBJECT, needle), path
    root = etree.fromstring(files[folder / "fields/B__c.field-meta.xml"])
    assert etree.QName(root).localname == "CustomField"


def test_a_standard_object_with_only_fields_has_no_file_of_its_own() -> None:
    package = {
        "package.xml": package_xml(CustomField="Account.X__c"),
        "objects/Account.object": component("CustomObject", field("X__c", "Date")),
    }
    converted = convert(read_package(zip_of(package)))
    assert list(converted.files) == [PurePosixPath("objects/Account/fields/X__c.field-meta.xml")]
    assert converted.problems == []


def test_a_wildcard_names_every_component_of_its_type() -> None:
    package = {
        "package.xml": package_xml(Layout="*"),
        "layouts/Account-Sales %28new%29.layout": component("Layout", ""),
    }
    converted = convert(read_package(zip_of(package)))
    assert converted.problems == []
    (place,) = converted.places.values()
    assert place.component.full_name == "Account-Sales (new)"


def test_a_folder_of_reports_is_a_component_too() -> None:
    package = {
        "package.xml": package_xml(Report=["Ours", "Ours/Cash"]),
        "reports/Ours-meta.xml": component("ReportFolder", "<name>Ours</name>"),
        "reports/Ours/Cash.report": component("Report", ""),
    }
    converted = convert(read_package(zip_of(package)))
    assert converted.problems == []
    assert {str(path) for path in converted.files} == {
        "reports/Ours.reportFolder-meta.xml",
        "reports/Ours/Cash.report-meta.xml",
    }


def test_a_converted_project_says_the_same_as_its_source(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    target.mkdir()
    write_project(source)
    converted = convert(read_package(project_zip(source)))
    assert converted.problems == []
    SourceTree(converted.files).write(target)
    before, after = load_project(source), load_project(target)
    assert {name: set(one.fields) for name, one in after.schema.objects.items()} == {
        name: set(one.fields) for name, one in before.schema.objects.items()
    }
    assert after.permission_sets.keys() == before.permission_sets.keys()


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("main/default/classes/tests/A.cls", "classes/A.cls"),
        ("main/default/classes/A.cls-meta.xml", "classes/A.cls-meta.xml"),
        (
            "x/objects/A__c/fields/B__c.field-meta.xml",
            "objects/A__c/fields/B__c.field-meta.xml",
        ),
        ("main/default/reports/F/R.report-meta.xml", "reports/F/R.report-meta.xml"),
        ("main/default/lwc/tile/tile.js", "lwc/tile/tile.js"),
        ("main/default/flows/sub/F.flow-meta.xml", "flows/F.flow-meta.xml"),
    ],
)
def test_a_projects_own_folders_do_not_matter(path: str, kept: str) -> None:
    assert str(path_in_tree(PurePosixPath(path))) == kept


@pytest.mark.parametrize(
    ("path", "kind", "name", "file"),
    [
        ("classes/A.cls-meta.xml", "ApexClass", "A", "classes/A.cls"),
        (
            "objects/A__c/validationRules/R.validationRule-meta.xml",
            "ValidationRule",
            "A__c.R",
            "objects/A__c.object",
        ),
        ("customMetadata/T.R.md-meta.xml", "CustomMetadata", "T.R", "customMetadata/T.R.md"),
        ("reports/F/R.report-meta.xml", "Report", "F/R", "reports/F/R.report"),
        ("lwc/tile/tile.js", "LightningComponentBundle", "tile", "lwc/tile/tile.js"),
    ],
)
def test_a_file_is_called_as_a_deployment_calls_it(
    path: str, kind: str, name: str, file: str
) -> None:
    place = place_of(PurePosixPath(path))
    assert place is not None
    assert (place.component.type, place.component.full_name, place.file) == (kind, name, file)


def test_a_zip_of_too_many_files_is_not_read() -> None:
    with pytest.raises(BadZip, match="more than 10000 files"):
        read_package(zip_of({f"classes/A{n}.cls": "" for n in range(10_001)}))
