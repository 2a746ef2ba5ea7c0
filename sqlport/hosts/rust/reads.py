"""What the program reads from a statement's result: the types that its Rust side declares for the columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from sqlport.hosts.rust.binds import given_at, type_of
from sqlport.hosts.rust.evaluate import Named, arguments_of, last_name
from sqlport.hosts.rust.sinks import Use
from sqlport.hosts.rust.structs import fields, parts, unwrapped
from sqlport.model import Reading

if TYPE_CHECKING:
    from tree_sitter import Node

    from sqlport.hosts.rust.source import Source

Structs = Callable[["Source", str], "Named | None"]
"""Finds a struct by its name, as the file sees it."""

_OVERRIDE = re.compile(r'(?i)\bas\s+"(?P<name>[^":!?]*)(?P<null>[!?]?)\s*:\s*(?P<type>[^"]+)"')


def readings(source: Source, use: Use, sql: str, structs: Structs) -> tuple[Reading, ...]:
    """The columns that a sink's result is read by, with their Rust types; empty where nothing declares them."""
    if use.sink.form == "macro":
        return tuple(_macro(source, use, sql, structs))
    if use.sink.form != "function":
        return ()
    if use.name.endswith((".query_as", ".query_as_with")):
        return tuple(_row(source, use, structs))
    if use.name.endswith((".query_scalar", ".query_scalar_with")):
        declared = _generic(source, use.node) or _declared(source, use.node)
        return (Reading(0, declared, source.file.path, source.line(use.node)),) if _is_known(declared) else ()
    return tuple(_gets(source, use))


def passings(source: Source, use: Use) -> tuple[Reading, ...]:
    """The parameters that a macro passes, with their Rust types where the code says them."""
    if use.sink.form != "macro":
        return ()
    found = ((number, type_of(source, node), node) for number, node in enumerate(given_at(source, use)))
    return tuple(
        Reading(number, declared, source.file.path, source.line(node)) for number, declared, node in found if declared
    )


def _macro(source: Source, use: Use, sql: str, structs: Structs) -> Iterator[Reading]:
    overridden: set[str] = set()
    for match in _OVERRIDE.finditer(sql):
        overridden.add(match["name"])
        if match["type"].strip() != "_":
            label = re.sub(r"^(?i:as)\s+", "", match.group()).strip('"')
            yield Reading(label, match["type"].strip(), source.file.path, source.line(use.node))
    if not use.name.rstrip("!").endswith(("query_as", "query_as_unchecked")) or not use.arguments:
        return
    struct = structs(source, last_name(source, use.arguments[0]))
    if struct is None:
        return
    for field in fields(struct.source, struct.node, row=False):
        if field.label not in overridden:
            yield Reading(field.label, field.type, struct.source.file.path, field.line, converts=True)


def _row(source: Source, use: Use, structs: Structs) -> Iterator[Reading]:
    declared = _generic(source, use.node) or _declared(source, use.node)
    if declared.startswith("("):
        for number, part in enumerate(parts(declared[1:-1])):
            yield Reading(number, part, source.file.path, source.line(use.node))
        return
    name = declared.rsplit("::", 1)[-1]
    struct = structs(source, name) if name.isidentifier() else None
    if struct is not None:
        for field in fields(struct.source, struct.node, row=True):
            yield Reading(field.label, field.type, struct.source.file.path, field.line)


def _generic(source: Source, call: Node) -> str:
    """The row's type of `query_as::<_, T>`: the second type, without lifetimes."""
    function = call.child_by_field_name("function")
    arguments = function.child_by_field_name("type_arguments") if function is not None else None
    if arguments is None:
        return ""
    types = [part for part in parts(re.sub(r"\s+", "", source.text(arguments))[1:-1]) if not part.startswith("'")]
    chosen = types[1] if len(types) > 1 else ""
    return "" if chosen == "_" else chosen


def _declared(source: Source, call: Node) -> str:
    """The row's type that a `let` declares for the result."""
    node: Node | None = call
    while node is not None:
        above = source.parent(node)
        if above is None or above.type not in (
            "field_expression",
            "call_expression",
            "await_expression",
            "try_expression",
            "let_declaration",
            "parenthesized_expression",
        ):
            return ""
        if above.type == "call_expression" and (function := above.child_by_field_name("function")) is not None:
            if function.id != node.id or last_method(source, function) in ("map", "and_then", "fetch", "map_or"):
                return ""
        if above.type == "let_declaration":
            declared = above.child_by_field_name("type")
            return unwrapped(source.text(declared)) if declared is not None else ""
        node = above
    return ""


def last_method(source: Source, function: Node) -> str:
    """The method's name of a `field_expression`."""
    field = function.child_by_field_name("field")
    return source.text(field) if field is not None else ""


def _gets(source: Source, use: Use) -> Iterator[Reading]:
    """`row.get::<i64, _>("total")` and `let total: i64 = row.get("total")`, behind the only query of a function."""
    function: Node | None = use.node
    while function is not None and function.type != "function_item":
        function = source.parent(function)
    if function is None:
        return
    body = source.data[use.node.end_byte : function.end_byte]
    following = re.search(rb"\b(?:query|query_as|query_scalar|raw_sql)!?\s*(?:::\s*<[^(]*>)?\s*\(", body)
    end = use.node.end_byte + (following.start() if following else len(body))
    for match in re.finditer(rb"\b(?:try_)?get\b", source.data[use.node.end_byte : end]):
        node = source.at(use.node.end_byte + match.start(), len(match.group()))
        reading = _get(source, node) if node is not None else None
        if reading is not None:
            yield reading


def _get(source: Source, name: Node) -> Reading | None:
    field = source.parent(name)
    above = source.parent(field) if field is not None and field.type == "field_expression" else None
    generic = ""
    if above is not None and above.type == "generic_function":
        arguments = above.child_by_field_name("type_arguments")
        generic = parts(re.sub(r"\s+", "", source.text(arguments))[1:-1])[0] if arguments is not None else ""
        above = source.parent(above)
    if above is None or above.type != "call_expression":
        return None
    given = arguments_of(above)
    if len(given) != 1:
        return None
    column: str | int
    if given[0].type == "string_literal":
        column = source.text(given[0])[1:-1]
    elif given[0].type == "integer_literal":
        column = int(re.sub(r"\D.*", "", source.text(given[0])))
    else:
        return None
    declared = generic or _let_type(source, above)
    if not _is_known(declared):
        return None
    return Reading(column, declared, source.file.path, source.line(name))


def _let_type(source: Source, call: Node) -> str:
    node = source.parent(call)
    while node is not None and node.type == "try_expression":
        node = source.parent(node)
    declared = node.child_by_field_name("type") if node is not None and node.type == "let_declaration" else None
    return re.sub(r"\s+", "", source.text(declared)) if declared is not None else ""


def _is_known(declared: str) -> bool:
    return bool(declared) and declared != "_"


def struct_item(source: Source, byte: int, name: str) -> Node | None:
    """The struct whose name stands there."""
    node = source.at(byte, len(name.encode()))
    parent = node.parent if node is not None else None
    return parent if parent is not None and parent.type == "struct_item" else None
