"""Statements, classes, properties, exceptions (Apex Developer Guide)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from rehearsal.org.errors import LimitExceeded
from tests.rehearsal.org.apex.conftest import Apex


def test_loops_break_and_continue(apex: Apex) -> None:
    body = """
        Integer total = 0;
        for (Integer i = 0; i < 10; i++) { if (i == 3) continue; if (i == 6) break; total += i; }
        Integer j = 0;
        while (true) { j++; if (j > 4) break; }
        do { j--; } while (j > 2);
        for (Integer k : new Set<Integer>{10, 20}) total += k;
        return total * 100 + j;
    """
    assert apex.run(body) == (0 + 1 + 2 + 4 + 5 + 30) * 100 + 2


def test_return_inside_nested_loops(apex: Apex) -> None:
    body = """
        for (Integer i = 0; i < 3; i++) for (Integer j : new List<Integer>{1, 2}) {
            if (i == 1 && j == 2) return i * 10 + j;
        }
        return -1;
    """
    assert apex.run(body) == 12


def test_switch_on_values_enums_types_and_null(apex: Apex) -> None:
    apex.classes["Kinds"] = """
        public class Kinds {
            public enum Color { RED, GREEN }
            public static String of(String s) {
                switch on s { when 'a', 'b' { return 'ab'; } when null { return 'null'; }
                              when else { return 'else'; } }
            }
            public static String name(Color c) {
                switch on c { when RED { return 'r'; } when GREEN { return 'g'; } }
                return '-';
            }
            public static String kind(SObject s) {
                switch on s { when Account a { return a.Name; } when Contact c { return 'c'; }
                              when else { return '?'; } }
            }
        }
    """
    body = """
        return Kinds.of('b') + Kinds.of(null) + Kinds.of('B') + Kinds.name(Kinds.Color.GREEN)
            + Kinds.name(null) + Kinds.kind(new Account(Name = 'n')) + Kinds.kind(new Task());
    """
    assert apex.run(body) == "abnullelseg-n?"


def test_classes_inherit_override_and_chain_constructors(apex: Apex) -> None:
    apex.classes["Shape"] = """
        public abstract class Shape {
            protected String name;
            public Integer sides { get; private set; }
            public Shape(String name, Integer sides) { this.name = name; this.sides = sides; }
            public abstract Decimal area();
            public virtual String say() { return name + ':' + area(); }
        }
    """
    apex.classes["Square"] = """
        public class Square extends Shape {
            private final Decimal side;
            public Square() { this(2); }
            public Square(Decimal side) { super('square', 4); this.side = side; }
            public override Decimal area() { return side * side; }
            public override String say() { return super.say() + '!'; }
        }
    """
    assert apex.run("Shape s = new Square(); return s.say() + s.sides;") == "square:4!4"


def test_interfaces_dispatch_to_the_instance(apex: Apex) -> None:
    apex.classes["Speaker"] = "public interface Speaker { String say(String word); }"
    apex.classes["Loud"] = """
        public class Loud implements Speaker {
            public String say(String word) { return word.toUpperCase(); }
        }
    """
    assert apex.run("Speaker s = new Loud(); return s.say('hi');") == "HI"


def test_overloads_choose_the_nearest_parameter(apex: Apex) -> None:
    apex.classes["Over"] = """
        public class Over {
            public static String f(Object o) { return 'object'; }
            public static String f(Integer i) { return 'integer'; }
            public static String f(Decimal d) { return 'decimal'; }
            public static String f(SObject s) { return 'sobject'; }
            public static String f(List<Account> s) { return 'accounts'; }
        }
    """
    body = """
        return Over.f(1) + Over.f(1.5) + Over.f('x') + Over.f(new Account())
            + Over.f(new List<Account>());
    """
    assert apex.run(body) == "integerdecimalobjectsobjectaccounts"


def test_properties_run_their_accessors(apex: Apex) -> None:
    apex.classes["Holder"] = """
        public class Holder {
            public static Integer lazy { get { if (lazy == null) lazy = 41; return lazy; } set; }
            public Integer doubled { get { return doubled * 2; } set { doubled = value + 1; } }
            public Integer readOnly { get { return 7; } }
        }
    """
    body = """
        Holder h = new Holder();
        h.doubled = 4;
        Holder.lazy++;
        return h.doubled * 100 + Holder.lazy + h.readOnly;
    """
    assert apex.run(body) == 1000 + 42 + 7


def test_a_final_property_may_fill_itself(apex: Apex) -> None:
    apex.classes["Lazy"] = """
        public class Lazy {
            public static final List<Integer> ALL {
                get { if (ALL == null) { ALL = new List<Integer>{1, 2}; } return ALL; }
                private set;
            }
        }
    """
    assert apex.value("Lazy.ALL.size()") == 2


def test_static_state_lives_one_transaction(apex: Apex) -> None:
    apex.classes["Counter"] = """
        public class Counter { public static Integer n = 0; static { n = 5; }
            public static Integer next() { n++; return n; } }
    """
    assert apex.run("Counter.next(); return Counter.next();") == 7
    assert apex.run("return Counter.next();") == 6


def test_initialisers_run_before_the_constructor(apex: Apex) -> None:
    apex.classes["Init"] = """
        public class Init { public String log = 'field'; { log += ' block'; }
            public Init() { log += ' constructor'; } }
    """
    assert apex.value("new Init().log") == "field block constructor"


def test_names_ignore_case(apex: Apex) -> None:
    assert apex.run("INTEGER Total = 1; tOtAl += 1; Return TOTAL;") == 2
    assert apex.run("account A = NEW Account(NAME = 'x'); return a.name;") == "x"


def test_custom_exceptions_carry_message_cause_and_type(apex: Apex) -> None:
    apex.classes["Outer"] = """
        public class Outer {
            public class BadException extends Exception { public Integer code = 3; }
        }
    """
    body = """
        try {
            try { throw new Outer.BadException('inner'); }
            catch (Outer.BadException e) { throw new Outer.BadException('outer', e); }
        } catch (Exception e) {
            Outer.BadException bad = (Outer.BadException) e;
            return e.getTypeName() + '|' + e.getMessage() + '|' + e.getCause().getMessage() +
                bad.code;
        }
    """
    assert apex.run(body) == "Outer.BadException|outer|inner3"


def test_finally_runs_on_every_way_out(apex: Apex) -> None:
    apex.classes["Fin"] = """
        public class Fin {
            public static String log = '';
            public static Integer f(Integer n) {
                try { if (n == 0) return 1; if (n == 1) throw new IllegalArgumentException('x'); }
                catch (IllegalArgumentException e) { log += 'c'; return 2; }
                finally { log += 'f'; }
                return 3;
            }
        }
    """
    assert apex.run("return '' + Fin.f(0) + Fin.f(1) + Fin.f(2) + Fin.log;") == "123fcff"


def test_catch_takes_the_first_matching_type(apex: Apex) -> None:
    body = (
        """
        try { Account a; String n = a.Name; }
        catch (DmlException e) { return 'dml'; }
        catch (NullPointerException e) { return 'null ' + e.getLineNumber(); }
    """
        + "return '';"
    )
    assert apex.run(body) == "null 3"


def test_safe_navigation_cuts_the_whole_chain(apex: Apex) -> None:
    body = """
        Account a;
        String s = a?.Name.toLowerCase().trim();
        Integer n = a?.Name?.length();
        return s == null && n == null;
    """
    assert apex.run(body) is True


def test_null_coalescing_and_ternary(apex: Apex) -> None:
    body = "String s; Integer i = 3; return (s ?? 'x') + (i > 2 ? 'big' : 'small');"
    assert apex.run(body) == "xbig"


def test_and_or_do_not_evaluate_the_right_side(apex: Apex) -> None:
    assert apex.run("Account a; return a != null && a.Name == 'x' || a == null;") is True


def test_assignment_is_an_expression(apex: Apex) -> None:
    assert apex.run("Integer a, b; a = b = 3; return a + b++ + ++b;") == 3 + 3 + 5


def test_compound_assignment_on_fields_and_elements(apex: Apex) -> None:
    body = """
        List<Integer> xs = new List<Integer>{1, 2};
        xs[0] += 10; xs[1]++;
        Entry__c e = new Entry__c(Amount__c = 1);
        e.Amount__c += 1.5;
        return xs[0] * 10 + xs[1] + e.Amount__c;
    """
    assert str(apex.run(body)) == "115.5"


def test_stack_trace_names_class_method_and_line(apex: Apex) -> None:
    apex.classes["Deep"] = """\
        public class Deep {
            public static void a() {
                b();
            }
            static void b() {
                Account x;
                x.Name = 'y';
            }
        }
    """
    body = "try { Deep.a(); } catch (Exception e) { return e.getStackTraceString(); } return '';"
    assert apex.run(body) == (
        "Class.Deep.b: line 7, column 1\n"
        "Class.Deep.a: line 3, column 1\n"
        "Class.Snippet.run: line 2, column 1"
    )


def test_endless_recursion_ends_in_a_limit(apex: Apex) -> None:
    apex.classes["Rec"] = "public class Rec { public static void f() { f(); } }"
    with pytest.raises(LimitExceeded, match="Maximum stack depth reached: 1001"):
        apex.run("Rec.f(); return null;")


def test_recursion_has_the_same_depth_on_a_thread(apex: Apex) -> None:
    apex.classes["Depth"] = """
        public class Depth { public static Integer f(Integer n) { return n == 0 ? 0 : 1 +
            f(n - 1); } }
    """
    apex.run("return 0;")
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(apex.run, "return Depth.f(990);").result() == 990


def test_endless_loops_end_in_the_cpu_limit_and_cannot_be_caught(apex: Apex) -> None:
    with pytest.raises(LimitExceeded, match="CPU"):
        apex.run(
            "try { while (true) { Integer i = 1; } } catch (Exception e) { return 1; } return 2;"
        )


def test_user_equals_and_hash_code_key_maps(apex: Apex) -> None:
    apex.classes["Key"] = """
        public class Key {
            public String a;
            public Key(String a) { this.a = a; }
            public Boolean equals(Object o) { return o instanceof Key && ((Key) o).a == a; }
            public Integer hashCode() { return a.toLowerCase().hashCode(); }
        }
    """
    body = "Set<Key> k = new Set<Key>{new Key('x'), new Key('X')}; return k.size();"
    assert apex.run(body) == 1


def test_comparable_and_comparator_sort(apex: Apex) -> None:
    apex.classes["Item"] = """
        public class Item implements Comparable {
            public Integer n;
            public Item(Integer n) { this.n = n; }
            public Integer compareTo(Object o) { return n - ((Item) o).n; }
        }
    """
    apex.classes["Down"] = """
        public class Down implements Comparator<Item> {
            public Integer compare(Item a, Item b) { return b.n - a.n; }
        }
    """
    body = """
        List<Item> xs = new List<Item>{new Item(2), new Item(1), new Item(3)};
        xs.sort();
        String s = '' + xs[0].n + xs[1].n + xs[2].n;
        xs.sort(new Down());
        return s + xs[0].n;
    """
    assert apex.run(body) == "1233"


def test_enum_values_and_names(apex: Apex) -> None:
    apex.classes["E"] = "public enum E { ONE, TWO }"
    assert (
        apex.run("return E.values().size() + E.TWO.name() + E.valueOf('two').ordinal();") == "2TWO1"
    )


def test_type_for_name_makes_instances(apex: Apex) -> None:
    apex.classes["Made"] = "public class Made { public Integer n = 4; }"
    assert apex.run("return ((Made) Type.forName('Made').newInstance()).n;") == 4
    assert apex.run("return Made.class.getName();") == "Made"


def test_aura_enabled_methods_are_ordinary_methods(apex: Apex) -> None:
    apex.classes["Controller"] = """
        public with sharing class Controller {
            public class Shown { @AuraEnabled public String name { get; set; } }
            @AuraEnabled(cacheable=true) public static Shown show(String name) {
                Shown shown = new Shown();
                shown.name = name;
                return shown;
            }
        }
    """
    assert apex.value("Controller.show('x').name") == "x"
