"""`with sharing`, `without sharing`, `inherited sharing`."""

from __future__ import annotations

import pytest

from tests.rehearsal.org.apex.conftest import Apex

READ = "return [SELECT COUNT() FROM Ledger__c];"


@pytest.fixture
def private(apex: Apex) -> Apex:
    """Ledgers are private; there is one, the administrator's."""
    apex.project.schema.objects["ledger__c"].sharing = "Private"
    for word in ("with", "without", "inherited"):
        apex.classes[f"{word.capitalize()}Reader"] = f"""
            public {word} sharing class {word.capitalize()}Reader {{
                public static Integer read() {{ {READ} }}
                public static Integer readPlain() {{ return PlainReader.read(); }}
                public static Integer readInner() {{ return new Inner().read(); }}
                private class Inner {{ public Integer read() {{ {READ} }} }}
            }}
        """
    apex.classes["PlainReader"] = f"""
        public class PlainReader {{
            public static Integer read() {{ {READ} }}
            public static Integer readInherited() {{ return InheritedReader.read(); }}
        }}
    """
    apex.run("insert new Ledger__c(Name = 'theirs'); return null;")
    yield apex
    apex.project.schema.objects["ledger__c"].sharing = "ReadWrite"


@pytest.mark.parametrize(
    ("expression", "seen"),
    [
        ("WithReader.read()", 0),
        ("WithoutReader.read()", 1),
        ("PlainReader.read()", 1),
        ("WithReader.readPlain()", 0),
        ("WithoutReader.readPlain()", 1),
        ("PlainReader.readInherited()", 1),
        ("WithReader.readInner()", 0),
    ],
)
def test_the_class_that_runs_or_its_caller_decides(private, expression, seen):
    robot = private.org.integration_user
    assert private.run(f"return {expression};", user=robot) == seen


def test_dml_with_sharing_is_refused_for_the_records_of_others(private):
    private.classes["Renamer"] = """
        public with sharing class Renamer {
            public static void run(Ledger__c l) { l.Name = 'mine'; update l; }
        }
    """
    body = """
        Ledger__c l = [SELECT Id FROM Ledger__c LIMIT 1];
        try { Renamer.run(l); } catch (DmlException e) { return e.getDmlType(0).name(); }
        return null;
    """
    robot = private.org.integration_user
    assert private.run(body, user=robot) == "INSUFFICIENT_ACCESS_OR_READONLY"
