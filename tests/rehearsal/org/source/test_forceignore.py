"""`.forceignore` and custom labels."""

from __future__ import annotations

import pytest

from rehearsal.org.errors import MetadataError
from rehearsal.org.source import load_project
from rehearsal.org.source.forceignore import ignored

from ..conftest import NAMESPACE


@pytest.mark.parametrize(
    ("rules", "path", "skipped"),
    [
        ("*.cls", "app/main/classes/A.cls", True),
        ("*.cls", "app/main/classes/A.cls-meta.xml", False),
        ("classes", "app/main/classes/A.cls", True),
        ("/classes", "app/main/classes/A.cls", False),
        ("app/**/A.cls", "app/main/classes/A.cls", True),
        ("**/profiles/**", "app/main/profiles/Admin.profile", True),
        ("app/*/A.cls", "app/main/classes/A.cls", False),
        ("classes/", "app/classes", False),
        ("A?.cls", "app/A1.cls", True),
        ("[AB].cls", "app/B.cls", True),
        ("[!AB].cls", "app/B.cls", False),
        ("# A.cls\n\n", "app/A.cls", False),
        ("*.cls\n!A.cls", "app/A.cls", False),
        ("!A.cls\n*.cls", "app/A.cls", True),
    ],
)
def test_patterns_are_those_of_gitignore(tmp_path, rules, path, skipped):
    (tmp_path / ".forceignore").write_text(rules)
    assert ignored(tmp_path)(tmp_path / path) is skipped


def test_ignored_files_are_not_read(files):
    files.write("classes/Broken.cls", "not apex")
    files.object("Old__c")
    (files.root / ".forceignore").write_text("**/Broken.cls\nOld__c/\n")
    project = load_project(files.root)
    assert project.classes == []
    assert project.schema.find("Old__c") is None


def labels(files, *names: str, more: str = "") -> None:
    files.write(
        "labels/CustomLabels.labels-meta.xml",
        f"<CustomLabels {NAMESPACE}>"
        + "".join(
            f"<labels><fullName>{name}</fullName><language>en_US</language>"
            f"<protected>false</protected><shortDescription>{name}</shortDescription>"
            f"<value>Text of {name}</value>{more}</labels>"
            for name in names
        )
        + "</CustomLabels>",
    )


def test_labels_are_read_by_name(files):
    labels(files, "Hello", "Bye")
    assert load_project(files.root).schema.labels == {
        "hello": "Text of Hello",
        "bye": "Text of Bye",
    }


def test_a_label_that_is_there_twice_is_refused(files):
    labels(files, "Hello", "HELLO")
    with pytest.raises(MetadataError, match="HELLO is there twice"):
        load_project(files.root)
