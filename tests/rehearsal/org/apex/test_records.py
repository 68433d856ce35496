"""sObjects, SOQL and DML from Apex."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rehearsal.org.errors import MetadataError
from tests.rehearsal.org.apex.conftest import Apex


def test_insert_sets_the_id_and_nothing_else(apex: Apex) -> None:
    body = """
        Ledger__c l = new Ledger__c(Name = 'x', Key__c = 'k');
        insert l;
        return l.Id != null && l.getPopulatedFieldsAsMap().keySet().size() == 3;
    """
    assert apex.run(body) is True


def test_query_with_binds_of_every_kind(apex: Apex) -> None:
    body = """
        insert new List<Account>{new Account(Name = 'a'), new Account(Name = 'b'),
            new Account(Name = 'c')};
        List<String> names = new List<String>{'a', 'b'};
        Integer most = 5;
        List<Account> found = [SELECT Id,
            Name FROM Account WHERE Name IN :names AND Name != :('B'.toLowerCase()) LIMIT :most];
        return found.size() + found[0].Name;
    """
    assert apex.run(body) == "1a"


def test_records_stand_for_their_ids_in_a_bind(apex: Apex) -> None:
    body = """
        List<Account> made = new List<Account>{new Account(Name = 'a'), new Account(Name = 'b')};
        insert made;
        made.remove(0);
        return [SELECT Name FROM Account WHERE Id IN :made].Name;
    """
    assert apex.run(body) == "b"


def test_single_row_assignment(apex: Apex) -> None:
    apex.run(
        "insert new List<Account>{new Account(Name = 'a'), new Account(Name = 'b')}; return 0;"
    )
    assert (
        apex.run("Account a = [SELECT Name FROM Account WHERE Name = 'a']; return a.Name;") == "a"
    )
    assert apex.thrown("Account a = [SELECT Name FROM Account WHERE Name = 'q']; return a;") == (
        "System.QueryException",
        "List has no rows for assignment to SObject",
    )
    assert apex.thrown("Account a = [SELECT Name FROM Account]; return a;") == (
        "System.QueryException",
        "List has more than 1 row for assignment to SObject",
    )


def test_a_field_that_was_not_queried_cannot_be_read(apex: Apex) -> None:
    apex.run("insert new Account(Name = 'a', Phone = '1'); return 0;")
    assert apex.thrown("Account a = [SELECT Id FROM Account]; return a.Name;") == (
        "System.SObjectException",
        "SObject row was retrieved via SOQL without querying the requested field: Account.Name",
    )
    assert apex.run("Account a = [SELECT Id FROM Account]; a.Name = 'n'; return a.Name;") == "n"


def test_parents_and_children(apex: Apex) -> None:
    body = """
        Account a = new Account(Name = 'acme'); insert a;
        Ledger__c l = new Ledger__c(Name = 'x', Account__c = a.Id); insert l;
        insert new List<Entry__c>{new Entry__c(Ledger__c = l.Id, Amount__c = 5),
            new Entry__c(Ledger__c = l.Id, Amount__c = 6)};
        Ledger__c got = [SELECT Account__r.Name, Total__c, (SELECT Amount__c,
            Ledger__r.Account__r.Name FROM Entries__r ORDER BY Amount__c) FROM Ledger__c];
        Decimal sum = 0;
        for (Entry__c e : got.Entries__r) sum += e.Amount__c;
        return got.Account__r.Name + got.Entries__r[0].Ledger__r.Account__r.Name
            + (sum == 11 && got.Total__c == 11);
    """
    assert apex.run(body) == "acmeacmetrue"


def test_a_missing_parent_reads_as_null(apex: Apex) -> None:
    body = """
        insert new Ledger__c(Name = 'x');
        Ledger__c got = [SELECT Account__r.Name FROM Ledger__c];
        return got.Account__r.Name == null && got.Account__r == null;
    """
    assert apex.run(body) is True


def test_a_null_parent_in_a_variable_raises(apex: Apex) -> None:
    body = "Ledger__c l = new Ledger__c(); Account a = l.Account__r; return a.Name;"
    assert apex.thrown(body)[0] == "System.NullPointerException"


def test_upsert_by_external_id_with_parents_by_external_id(apex: Apex) -> None:
    body = """
        upsert new Ledger__c(Name = 'one', Key__c = 'L1') Key__c;
        Entry__c e = new Entry__c(Key__c = 'E1', Amount__c = 3,
            Ledger__r = new Ledger__c(Key__c = 'L1'));
        upsert e Entry__c.Key__c;
        Entry__c again = new Entry__c(Key__c = 'E1', Amount__c = 4);
        Database.UpsertResult r = Database.upsert(again, Entry__c.Key__c, false);
        return !r.isCreated() && r.getId() == e.Id &&
            [SELECT Ledger__r.Total__c FROM Entry__c].Ledger__r.Total__c == 4;
    """
    assert apex.run(body) is True


def test_upsert_of_plain_sobjects_is_refused(apex: Apex) -> None:
    body = """
        List<SObject> rows = new List<SObject>{new Ledger__c(Key__c = 'a')};
        return Database.upsert(rows, Ledger__c.Key__c, false).size();
    """
    assert apex.thrown(body) == (
        "System.TypeException",
        "Upsert with a field specification requires a concrete SObject type",
    )


def test_partial_success_reports_each_record(apex: Apex) -> None:
    body = """
        List<Entry__c> rows = new List<Entry__c>{new Entry__c(Note__c = 'no parent'),
            new Entry__c()};
        Ledger__c l = new Ledger__c(Name = 'l'); insert l;
        rows[1].Ledger__c = l.Id;
        List<Database.SaveResult> results = Database.insert(rows, false);
        Database.Error error = results[0].getErrors()[0];
        return results[0].isSuccess() + '|' + error.getStatusCode() + '|' + error.getFields()
            + '|' + results[1].isSuccess() + '|' + (rows[0].Id == null) + (rows[1].Id != null)
            + (error.getStatusCode() == StatusCode.REQUIRED_FIELD_MISSING);
    """
    assert apex.run(body) == "false|REQUIRED_FIELD_MISSING|(Ledger__c)|true|truetruetrue"


def test_dml_exception_tells_its_rows(apex: Apex) -> None:
    body = """
        Ledger__c l = new Ledger__c(Name = 'l'); insert l;
        try { insert new List<Entry__c>{new Entry__c(Ledger__c = l.Id), new Entry__c()}; }
        catch (DmlException e) {
            return e.getNumDml() + '|' + e.getDmlIndex(0) + '|' + e.getDmlType(0) + '|' +
                e.getDmlFieldNames(0)
                + '|' + e.getMessage() + '|' + [SELECT COUNT() FROM Entry__c];
        }
        return '';
    """
    said = apex.run(body)
    assert said.startswith(
        "1|1|REQUIRED_FIELD_MISSING|(Ledger__c)|Insert failed. First exception on row 1; "
    )
    assert "first error: REQUIRED_FIELD_MISSING, Required fields are missing: [Ledger__c]" in said
    assert said.endswith("[Ledger__c]|0")


def test_savepoint_and_rollback(apex: Apex) -> None:
    body = """
        insert new Account(Name = 'kept');
        Savepoint sp = Database.setSavepoint();
        Account a = new Account(Name = 'gone'); insert a;
        Database.rollback(sp);
        return [SELECT COUNT() FROM Account] + (a.Id == null ? 'null' : 'kept');
    """
    assert apex.run(body) == "1kept"


def test_aggregates(apex: Apex) -> None:
    body = """
        Ledger__c l = new Ledger__c(Name = 'l'); insert l;
        insert new List<Entry__c>{new Entry__c(Ledger__c = l.Id, Amount__c = 1.5,
            Kind__c = 'Charge'),
            new Entry__c(Ledger__c = l.Id, Amount__c = 2, Kind__c = 'Charge'),
                new Entry__c(Ledger__c = l.Id, Amount__c = 1, Kind__c = 'Refund')};
        Decimal total = 0; Integer n = 0; Id owner;
        for (AggregateResult r : [SELECT Ledger__c, Kind__c, SUM(Amount__c) total,
            COUNT(Id) n FROM Entry__c GROUP BY Ledger__c, Kind__c HAVING SUM(Amount__c) > 1]) {
            total += (Decimal) r.get('total'); n += (Integer) r.get('n');
                owner = (Id) r.get('Ledger__c');
        }
        return total == 3.5 && n == 2 && owner == l.Id;
    """
    assert apex.run(body) is True


def test_dynamic_soql_sees_the_variables_in_scope(apex: Apex) -> None:
    body = """
        insert new List<Account>{new Account(Name = 'a'), new Account(Name = 'b')};
        String wanted = 'a';
        List<Account> found = Database.query('SELECT Id, Name FROM Account WHERE Name = :wanted');
        List<SObject> bound = Database.queryWithBinds('SELECT Id FROM Account WHERE Name = :x',
            new Map<String, Object>{'x' => 'b'}, AccessLevel.SYSTEM_MODE);
        return found[0].Name + bound.size() + Database.countQuery('SELECT COUNT() FROM Account');
    """
    assert apex.run(body) == "a12"
    assert (
        apex.thrown("return Database.query('SELECT Nope FROM Account');")[0]
        == "System.QueryException"
    )


def test_dynamic_soql_sees_the_fields_of_its_class(apex: Apex) -> None:
    apex.classes["Finder"] = """
        public class Finder {
            private static String first = 'a';
            private String second = 'b';
            public Integer find() {
                String text = 'SELECT Id FROM Account WHERE Name IN (:first, :SECOND)';
                return Database.query(text).size();
            }
        }
    """
    body = """
        insert new List<Account>{new Account(Name = 'a'), new Account(Name = 'b')};
        return new Finder().find();
    """
    assert apex.run(body) == 2


def test_dynamic_soql_gives_rows_of_their_own_type(apex: Apex) -> None:
    body = """
        insert new Ledger__c(Name = 'a', Key__c = 'k');
        Ledger__c one = Database.query('SELECT Name FROM Ledger__c');
        one = Database.queryWithBinds('SELECT Name FROM Ledger__c WHERE Key__c = :k',
            new Map<String, Object>{'k' => 'k'}, AccessLevel.SYSTEM_MODE);
        List<SObject> rows = Database.query('SELECT Id, Key__c FROM Ledger__c');
        return one.Name + (rows instanceof List<Ledger__c>);
    """
    assert apex.run(body) == "atrue"


def test_soql_for_loop_by_batches(apex: Apex) -> None:
    body = """
        List<Account> many = new List<Account>();
        for (Integer i = 0; i < 250; i++) many.add(new Account(Name = 'a' + i));
        insert many;
        String sizes = '';
        for (List<Account> batch : [SELECT Id FROM Account]) sizes += batch.size() + ' ';
        return sizes;
    """
    assert apex.run(body) == "200 50 "


def test_generic_get_and_put(apex: Apex) -> None:
    body = """
        SObject s = Ledger__c.SObjectType.newSObject();
        s.put('name', 'x');
        s.put(Ledger__c.Hold__c, true);
        return s.get('NAME') + '|' + s.get('Hold__c') + '|' + s.get('Key__c') + '|' +
            ((Ledger__c) s).Name;
    """
    assert apex.run(body) == "x|true|null|x"
    assert apex.thrown("SObject s = new Account(); s.put('Nope', 1); return 0;") == (
        "System.SObjectException",
        "Invalid field Nope for Account",
    )
    assert apex.thrown("SObject s = new Entry__c(); s.put('Amount__c', 'x'); return 0;") == (
        "System.SObjectException",
        "Illegal assignment from String to Decimal",
    )


def test_an_unset_checkbox_is_false(apex: Apex) -> None:
    assert apex.value("new Ledger__c().Hold__c") is False


def test_describe(apex: Apex) -> None:
    body = """
        Map<String, Schema.SObjectField> fields = Schema.SObjectType.Entry__c.fields.getMap();
        Schema.DescribeFieldResult kind = Entry__c.Kind__c.getDescribe();
        Schema.DescribeFieldResult parent = fields.get('ledger__c').getDescribe();
        return kind.getType() + '|' + kind.getPicklistValues()[1].getValue() + '|' +
            kind.isNillable()
            + '|' + parent.getReferenceTo()[0] + '|' + parent.isNillable() + '|' +
                fields.containsKey('Amount__c')
            + '|' + Schema.getGlobalDescribe().get('entry__c').getDescribe().getName();
    """
    assert apex.run(body) == "PICKLIST|Refund|true|Ledger__c|false|true|Entry__c"


def test_clone_drops_the_id(apex: Apex) -> None:
    body = """
        Account a = new Account(Name = 'a'); insert a;
        Account c = a.clone(), d = a.clone(true, true);
        return c.Id == null && c.Name == 'a' && d.Id == a.Id;
    """
    assert apex.run(body) is True


def test_custom_metadata(apex: Apex) -> None:
    assert apex.value("Setting__mdt.getInstance('Default').Stage__c") == "Won"
    assert apex.value("Setting__mdt.getInstance('Nope') == null") is True
    assert apex.value("Setting__mdt.getAll().size()") == 1


def test_a_long_text_of_custom_metadata_is_whole_only_in_a_query(apex: Apex) -> None:
    assert apex.value("Setting__mdt.getInstance('Default').Notes__c.length()") == 255
    assert apex.value("Setting__mdt.getAll().get('Default').Notes__c.length()") == 255
    assert apex.value("[SELECT Notes__c FROM Setting__mdt LIMIT 1].Notes__c.length()") == 300


def test_integer_fields_are_integers_and_numbers_are_decimals(apex: Apex) -> None:
    assert apex.run("Entry__c e = new Entry__c(Amount__c = 3); return e.Amount__c;") == Decimal(3)


def test_delete_and_undelete(apex: Apex) -> None:
    body = """
        Account a = new Account(Name = 'a'); insert a;
        delete a;
        Integer gone = [SELECT COUNT() FROM Account];
        undelete a;
        return gone * 10 + [SELECT COUNT() FROM Account];
    """
    assert apex.run(body) == 1


def test_update_of_a_queried_record_leaves_formulas_alone(apex: Apex) -> None:
    body = """
        Ledger__c l = new Ledger__c(Name = 'l'); insert l;
        Ledger__c got = [SELECT Id, Name, Total__c, CreatedDate, Account__r.Name FROM Ledger__c];
        got.Name = 'new';
        update got;
        return [SELECT Name FROM Ledger__c].Name;
    """
    assert apex.run(body) == "new"


def test_user_mode_hides_what_the_user_may_not_see(apex: Apex) -> None:
    body = "return [SELECT COUNT() FROM Ledger__c{}];"
    assert apex.run(body.format("")) == 0
    assert apex.thrown(body.format(" WITH USER_MODE"))[0] == "System.QueryException"


def test_a_number_that_was_read_has_the_scale_of_its_field(apex: Apex) -> None:
    body = """
        Ledger__c l = new Ledger__c(Name = 'l'); insert l;
        insert new Entry__c(Ledger__c = l.Id, Amount__c = 5);
        Decimal amount = [SELECT Amount__c FROM Entry__c].Amount__c;
        return String.valueOf(amount) + ' ' + amount.scale() + ' ' + (amount == 5);
    """
    assert apex.run(body) == "5.00 2 true"


def test_a_list_of_several_types_takes_no_statement_for_its_undoing(apex: Apex) -> None:
    body = """
        insert new List<SObject>{ new Account(Name = 'a'), new Ledger__c(Name = 'l') };
        return Limits.getDmlStatements();
    """
    assert apex.run(body) == 2


def test_an_upsert_by_key_refuses_a_record_with_its_id(apex: Apex) -> None:
    body = """
        Ledger__c l = new Ledger__c(Key__c = 'k'); insert l;
        upsert l Key__c;
        return null;
    """
    name, message = apex.thrown(body)
    assert name == "System.DmlException"
    assert "The Id field should not be specified" in str(message)


def test_texts_are_ordered_without_regard_to_case(apex: Apex) -> None:
    pairs = [("'a' < 'B'", True), ("'B' > 'a'", True), ("'a' <= 'A'", True), ("'é' < 'f'", True),
             ("'_x' < '1'", True), ("'9' < 'a'", True), ("null < 'a'", False)]  # fmt: skip
    for expression, expected in pairs:
        text = expression.replace("null", "(String) null")
        assert apex.value(text) is expected, expression


def test_labels(apex: Apex) -> None:
    apex.project.schema.labels["hello"] = "Hello!"
    try:
        assert apex.value("Label.Hello + System.Label.hello") == "Hello!Hello!"
        with pytest.raises(MetadataError, match="Invalid label: Nope"):
            apex.value("Label.Nope")
    finally:
        apex.project.schema.labels.clear()


def test_merge_takes_a_record_an_id_or_a_list_of_them(apex: Apex) -> None:
    found = apex.run(
        """
        List<Account> all = new List<Account>();
        for (Integer i = 0; i < 5; i++) { all.add(new Account(Name = 'a' + i)); }
        insert all;
        Account master = all[0];
        insert new Contact(LastName = 'c', AccountId = all[1].Id);
        master.Site = 'merged';
        merge master all[1];
        merge master all[2].Id;
        merge master new List<Account>{ all[3], all[4] };
        Account kept = [SELECT Site, (SELECT Id FROM Contacts) FROM Account];
        return kept.Site + ' ' + kept.Contacts.size();
        """
    )
    assert found == "merged 1"


def test_merge_that_is_refused_is_an_exception(apex: Apex) -> None:
    kind, message = apex.thrown(
        "Account master = new Account(Name = 'a'); insert master; merge master master; return 1;"
    )
    assert kind == "System.DmlException"
    assert message is not None
    assert message.startswith("Merge failed. First exception on row 0")


def test_merge_of_different_things_does_not_compile(apex: Apex) -> None:
    with pytest.raises(MetadataError, match="Invalid merge"):
        apex.run("Account a = new Account(); merge a 3; return 1;")
