"""DML statements: `insert`, `update`, `upsert`, `delete`, `undelete`, `merge`."""

from __future__ import annotations

from typing import Any

from tree_sitter import Node

from rehearsal.org.apex import dml
from rehearsal.org.apex.classes import RUN, Frame
from rehearsal.org.apex.compiler.body import Body, Expr, expression
from rehearsal.org.apex.parsing import children, part, source
from rehearsal.org.apex.types import ID, SOBJECT, VOID, Kind, Type, list_of


@expression("dml_expression")
def dml_expression(body: Body, node: Node, wanted: Type | None) -> Expr:
    operation = source(children(node)[0]).lower()
    if operation == "merge":
        return _merge(body, node)
    if operation not in ("insert", "update", "upsert", "delete", "undelete"):
        raise body.refuse(operation, node)
    target = part(node, "target")
    given = body.expr(target)
    kind = given.type
    if kind.name == "$query":
        kind = list_of(kind.args[0])
    single = kind.kind is Kind.SOBJECT
    if not single and body.world.cost(kind, list_of(SOBJECT)) is None:
        raise body.fail(f"DML requires SObject or SObject list type: {given.type}", node)
    key = _upsert_key(body, kind if single else kind.args[0], node)
    user_mode = any(
        child.type == "dml_security_mode" and source(child).lower() == "user"
        for child in node.children
    )
    code = given.run

    def run(f: Frame) -> Any:
        dml.statement(f[RUN], operation, code(f), key=key, user_mode=user_mode)

    return Expr(VOID, run)


def _merge(body: Body, node: Node) -> Expr:
    """The record that stays, then a record, an id, or a list of either."""
    master, losers = body.expr(part(node, "target")), body.expr(part(node, "merge_with"))
    if any(child.type == "dml_security_mode" for child in node.children):
        raise body.refuse("merge as user or system", node)
    allowed = (master.type, ID, list_of(SOBJECT), list_of(ID))
    if master.type.kind is not Kind.SOBJECT or all(
        body.world.cost(losers.type, kind) is None for kind in allowed
    ):
        raise body.fail(f"Invalid merge: {master.type} with {losers.type}", node)
    keep, gone = master.run, losers.run

    def run(f: Frame) -> Any:
        dml.merge(f[RUN], keep(f), gone(f))

    return Expr(VOID, run)


def _upsert_key(body: Body, record: Type, node: Node) -> str:
    key_node = node.child_by_field_name("upsert_key")
    if key_node is None:
        return "Id"
    text = "".join(source(key_node).split())
    object_name, _, field_name = text.rpartition(".")
    sobject = body.world.schema.find(object_name or record.name)
    field = sobject.find(field_name) if sobject is not None else None
    if field is None:
        raise body.fail(f"Field does not exist: {text}", key_node)
    if not field.external_id and field.name != "Id":
        raise body.fail(f"Invalid field for upsert, must be an External Id: {text}", key_node)
    return field.name
