"""The macros, functions and methods of Rust's database crates that run SQL, and which argument is the text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Literal as OneOf

from sqlport.hosts.rust.evaluate import arguments_of, last_name, macro_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from sqlport.hosts.rust.source import Source

Form = OneOf["macro", "function", "method", "builder"]


@dataclass(frozen=True, slots=True)
class Sink:
    """What runs SQL: `text` numbers the argument that is the text; a `file` sink names a file instead.

    `surely`: the name alone says that the argument is SQL. `parameters` numbers the first argument that may be a
    parameter, None where they are bound by later calls (`.bind(..)`).
    """

    form: Form
    text: int = 0
    file: bool = False
    surely: bool = False
    parameters: int | None = None


def _macros() -> dict[str, Sink]:
    found = {}
    for name, text in (("query", 0), ("query_as", 1), ("query_scalar", 0)):
        for ending in ("", "_unchecked"):
            found[f"{name}{ending}"] = Sink("macro", text, parameters=text + 1)
        file = name.replace("query", "query_file")
        for ending in ("", "_unchecked"):
            found[f"{file}{ending}"] = Sink("macro", text, file=True, surely=True, parameters=text + 1)
    return found


MACROS: Mapping[str, Sink] = _macros()
"""sqlx's macros (https://docs.rs/sqlx/latest/sqlx/#macros)."""

FUNCTIONS: Mapping[str, Sink] = {
    **dict.fromkeys(("query", "query_with", "query_scalar", "query_scalar_with", "raw_sql"), Sink("function")),
    **dict.fromkeys(("query_as", "query_as_with", "sql_query"), Sink("function", surely=True)),
}
"""Functions of sqlx, and Diesel's `sql_query`."""

METHODS: Mapping[str, Sink] = {
    **dict.fromkeys(
        ("execute", "query_row", "query_row_and_then", "query_one", "prepare", "query"), Sink("method", parameters=1)
    ),
    **dict.fromkeys(("prepare_cached", "execute_batch", "batch_execute", "query_opt", "simple_query"), Sink("method")),
    **dict.fromkeys(
        ("fetch", "fetch_all", "fetch_one", "fetch_optional", "fetch_many", "execute_many"), Sink("method")
    ),
    **dict.fromkeys(("query_map", "query_and_then", "prepare_with", "sql_query"), Sink("method")),
}
"""Methods of connections; the first argument counts where it is a text that looks like SQL."""

BUILDERS = frozenset(("new", "with_arguments"))
"""How sqlx's QueryBuilder begins."""

NAMES = re.compile(
    rb"\b(?:" + "|".join(sorted({*MACROS, *FUNCTIONS, *METHODS, "QueryBuilder", "migrate"})).encode() + rb")\b"
)
"""Where a sink may be; the tree says whether it is one."""

CRATES = re.compile(rb"\b(?:sqlx|rusqlite|diesel|tokio_rusqlite|libsql|sqlite|tokio_postgres|postgres|async_sqlite)\b")
"""What a file that runs SQL mentions."""


@dataclass(frozen=True, slots=True)
class Use:
    """A sink in the code: its name as it is reported, the call or macro, and its arguments."""

    sink: Sink
    name: str
    node: Node
    arguments: Sequence[Node]
    qualified: bool


def use_at(source: Source, byte: int, size: int) -> Use | None:
    """The sink whose name stands there, if the tree says that it is one."""
    node = source.at(byte, size)
    if node is None or node.type not in ("identifier", "field_identifier", "type_identifier"):
        return None
    name = source.text(node)
    if name == "QueryBuilder":
        return _builder(source, node)
    parent = source.parent(node)
    while parent is not None and parent.type in ("scoped_identifier", "generic_function"):
        own = parent.child_by_field_name("name" if parent.type == "scoped_identifier" else "function")
        if own is None or own.id != node.id:
            return None
        node, parent = parent, source.parent(parent)
    if parent is None:
        return None
    if parent.type == "macro_invocation":
        return _macro(source, parent, node, name)
    if parent.type == "call_expression":
        return _function(source, parent, node, name)
    return _method(source, parent, node, name) if parent.type == "field_expression" else None


def _macro(source: Source, macro: Node, node: Node, name: str) -> Use | None:
    own = macro.child_by_field_name("macro")
    if own is None or own.id != node.id or name not in MACROS:
        return None
    path = source.text(node)
    return Use(MACROS[name], f"{_library(path)}{name}!", macro, macro_of(source, macro)[1], "::" in path)


def _function(source: Source, call: Node, node: Node, name: str) -> Use | None:
    function = call.child_by_field_name("function")
    if function is None or function.id != node.id or name not in FUNCTIONS:
        return None
    path = source.text(node).split("<", 1)[0].rstrip(":")
    if "::" in path and path.rsplit("::", 1)[0].split("::")[0] not in ("sqlx", "diesel", "query", "dsl", "query_as"):
        return None
    library = "diesel." if name == "sql_query" else "sqlx."
    return Use(FUNCTIONS[name], f"{library}{name}", call, arguments_of(call), "::" in path)


def _method(source: Source, field: Node, node: Node, name: str) -> Use | None:
    own = field.child_by_field_name("field")
    call = source.parent(field)
    if call is not None and call.type == "generic_function":
        call = source.parent(call)
    if own is None or own.id != node.id or name not in METHODS or call is None or call.type != "call_expression":
        return None
    function = call.child_by_field_name("function")
    if function is None or not (function.start_byte <= field.start_byte and field.end_byte <= function.end_byte):
        return None
    return Use(METHODS[name], f"*.{name}", call, arguments_of(call), False)


def _builder(source: Source, node: Node) -> Use | None:
    at: Node | None = node
    while at is not None and at.type != "call_expression":
        if at.type in ("block", "arguments", "let_declaration", "parameter", "field_declaration"):
            return None
        at = source.parent(at)
    function = at.child_by_field_name("function") if at is not None else None
    if at is None or function is None or not (function.start_byte <= node.start_byte < function.end_byte):
        return None
    if function.type != "scoped_identifier" or last_name(source, function) not in BUILDERS:
        return None
    return Use(Sink("builder", surely=True), "sqlx.QueryBuilder", at, arguments_of(at), False)


def _library(path: str) -> str:
    return path.rsplit("::", 1)[0].replace("::", ".") + "." if "::" in path else "sqlx."
