"""The scripts that make the data files, and what the files say."""

from __future__ import annotations

from rehearsal.org.check.data import metadata_types, platform_classes, platform_objects
from rehearsal.org.check.metadata import Part, types
from rehearsal.org.check.platform import derived, is_class, lacks_member, standard_object

DECLARATIONS = """\
export type Kind = 'A' | 'B c';
export type Open = string;
export type Base = {
    fullName?: string;
};
export type Thing = Base & {
    flag: boolean;
    'parts': Kind[];
};
export type Other = Thing;
"""

OBJECTS = """\
public class com.nawforce.runforce.SObjects.Box extends com.nawforce.runforce.System.SObject {
  public static com.nawforce.runforce.Internal.SObjectType$<X> SObjectType;
  public com.nawforce.runforce.System.Id OwnerId;
  public com.nawforce.runforce.SObjects.User Owner;
  public com.nawforce.runforce.SObjects.Lid[] Lids;
  public com.nawforce.runforce.SObjects.BoxHistory[] Histories;
}
public class com.nawforce.runforce.SObjects.BoxHistory extends X {
}
public class com.nawforce.runforce.SObjects.LoginHistory extends X {
}
"""

CLASSES = """\
public class com.nawforce.runforce.System.Deep$Inner extends com.nawforce.runforce.System.Base {
  public com.nawforce.runforce.System.String name;
  public com.nawforce.runforce.System.Integer size(com.nawforce.runforce.System.String);
}
"""


def test_declarations_become_types_with_their_base():
    assert dict(metadata_types.enums(DECLARATIONS)) == {"Kind": ["A", "B c"], "Open": None}
    assert dict(metadata_types.types(DECLARATIONS)) == {
        "Other": {"base": "Thing", "parts": {}},
        "Base": {"parts": {"fullName": "string?"}},
        "Thing": {"base": "Base", "parts": {"flag": "boolean", "parts": "Kind[]"}},
    }


def test_only_what_follows_from_a_known_object_is_left_out():
    assert list(platform_objects.objects(OBJECTS.split("\n"))) == [
        "Box\tOwnerId:Id Owner>User Lids<Lid",
        "LoginHistory\t",
    ]


def test_classes_become_names_of_members():
    assert list(platform_classes.classes(CLASSES.split("\n"))) == [
        "System.Deep.Inner\tSystem.Base\tname size"
    ]


def test_a_type_has_the_parts_of_its_bases():
    parts = types().parts("FlowRecordLookup")
    assert parts["locationX"] == Part("number", required=True, many=False)
    assert parts["filters"] == Part("FlowRecordFilter", required=False, many=True)
    assert parts["description"].type == "string"


def test_every_suffix_names_a_type_and_a_folder():
    assert types().suffixes["field"] == (["CustomField"], "fields")
    assert types().suffixes["flow"] == (["Flow"], "flows")


def test_standard_objects_have_fields_and_ways_up_and_down():
    account = standard_object("ACCOUNT")
    assert account is not None
    assert account.fields["annualrevenue"] == "Decimal"
    assert account.up["parent"] == "Account"
    assert account.down["contacts"] == "Contact"
    assert standard_object("Accounts") is None
    assert derived("AccountShare")
    assert not derived("NobodyShare")


def test_members_of_apexs_own_classes_are_known_with_those_inherited():
    assert is_class("messaging.inboundEmail")
    assert not lacks_member("String", "LEFT")
    assert lacks_member("String", "leftmost")
    assert not lacks_member("DmlException", "getMessage")
    assert not lacks_member("BridgeNobody", "anything")
