"""The Rust around the SQL that names SQLite's client: types of sqlx that have a counterpart, and the inserted id."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlport.hosts.rust.crates import dialect_of_code
from sqlport.hosts.rust.evaluate import binding, last_name
from sqlport.hosts.rust.source import STRINGS, Source
from sqlport.model import FileEdit, SourceFile, Span, Statement

if TYPE_CHECKING:
    from tree_sitter import Node

    from sqlport.catalog import Catalog

_NAMES = {
    "Sqlite": "Postgres",
    "SqliteArguments": "PgArguments",
    "SqliteConnectOptions": "PgConnectOptions",
    "SqliteConnection": "PgConnection",
    "SqliteExecutor": "PgExecutor",
    "SqlitePool": "PgPool",
    "SqlitePoolOptions": "PgPoolOptions",
    "SqliteQueryResult": "PgQueryResult",
    "SqliteRow": "PgRow",
    "SqliteTypeInfo": "PgTypeInfo",
    "SqliteValueRef": "PgValueRef",
    "sqlite": "postgres",
}
"""sqlx's types for SQLite and for PostgreSQL (https://docs.rs/sqlx/latest/sqlx/)."""

_CONCERNED = re.compile(rb"\bSqlite[A-Z]?\w*\b|\bsqlx::sqlite\b|\blast_insert_rowid\b|\"sqlite:|\":memory:\"")
_MENTION = re.compile(rb"\bSqlite\w*\b|(?<=sqlx::)sqlite\b")
_URL = re.compile(rb"\"(?:sqlite:[^\"]*|:memory:)\"")
_INTO = re.compile(r"(?i)^\s*(?:insert(?:\s+or\s+\w+)?|replace)\s+into\s+[\"`\[]?(?P<table>\w+)")
_ROWID = (
    "`last_insert_rowid` has no counterpart: let the INSERT end with RETURNING and the key,"
    " and read that with `fetch_one`"
)


@dataclass(frozen=True, slots=True)
class Call:
    """A place of the code that names SQLite's client, what to do there, and the edits that do it.

    `returns` are the id of a statement that has to return a column for the edits to be right, and the column.
    """

    code: str
    path: str
    span: Span
    message: str
    edits: tuple[FileEdit, ...] = ()
    returns: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Calls:
    """All such places."""

    changes: tuple[Call, ...] = ()

    @property
    def returning(self) -> Mapping[str, str]:
        """For each statement whose call reads the inserted id the column that it has to return."""
        return dict(change.returns for change in self.changes if change.returns and change.edits)


def concerns(file: SourceFile) -> bool:
    """Whether a Rust file may name SQLite's client."""
    return file.path.endswith(".rs") and _CONCERNED.search(file.data) is not None


def calls(
    files: Mapping[str, SourceFile], statements: Sequence[Statement], catalog_of: Callable[[str], Catalog]
) -> Calls:
    """What becomes of the code of Rust files; those that speak to PostgreSQL as well are left alone."""
    changes: list[Call] = []
    for path, file in files.items():
        if not concerns(file) or dialect_of_code(file.data) not in ("sqlite", None):
            continue
        source = Source(file)
        changes += _types(source)
        changes += _urls(source)
        inserts = [one for one in statements if one.sink_path == path and one.host == "rust"]
        changes += _ids(source, inserts, catalog_of(path))
    return Calls(tuple(changes))


def _types(source: Source) -> Iterator[Call]:
    for match in _MENTION.finditer(source.data):
        node = source.at(match.start(), len(match.group()))
        if node is None or node.type not in ("identifier", "type_identifier"):
            continue
        name = source.text(node)
        span = Span(source.char(node.start_byte), source.char(node.end_byte))
        other = _NAMES.get(name)
        if other is None:
            if name.startswith("Sqlite"):
                message = f"`{name}` is of sqlx's SQLite driver and has no counterpart; take out what needs it"
                yield Call("SQP009", source.file.path, span, message)
            continue
        message = f"`{name}` is of sqlx's SQLite driver; `{other}` is PostgreSQL's"
        yield Call("SQP009", source.file.path, span, message, (_edit(source, span, other),))


def _urls(source: Source) -> Iterator[Call]:
    for match in _URL.finditer(source.data):
        node = source.at(match.start() + 1, 1)
        if node is None or not (node.type in STRINGS or node.type == "string_content"):
            continue
        span = Span(source.char(match.start()), source.char(match.end()))
        message = f"{match.group().decode()} names a SQLite database; PostgreSQL's is postgresql://user@host/database"
        yield Call("SQP007", source.file.path, span, message)


def _ids(source: Source, statements: Sequence[Statement], catalog: Catalog) -> Iterator[Call]:
    for match in re.finditer(rb"\blast_insert_rowid\b", source.data):
        name = source.at(match.start(), len(match.group()))
        field_node = source.parent(name) if name is not None else None
        call = source.parent(field_node) if field_node is not None else None
        if name is None or name.type != "field_identifier" or field_node is None or call is None:
            continue
        span = Span(source.char(name.start_byte), source.char(name.end_byte))
        found = _insert(source, field_node, statements)
        column = _key(found[0], catalog) if found is not None else ""
        if found is None or not column or call.type != "call_expression":
            yield Call("SQP009", source.file.path, span, _ROWID)
            continue
        statement, edits = found
        receiver = field_node.child_by_field_name("value")
        assert receiver is not None
        whole = Span(source.char(call.start_byte), source.char(call.end_byte))
        edits = (*edits, _edit(source, whole, source.text(receiver)))
        yield Call("SQP009", source.file.path, span, _ROWID, edits, (statement.id, column))


def _insert(
    source: Source, read: Node, statements: Sequence[Statement]
) -> tuple[Statement, tuple[FileEdit, ...]] | None:
    """The INSERT whose result is read, and the edits that make its call give the id; None where nobody can tell."""
    receiver = read.child_by_field_name("value")
    if receiver is None or receiver.type != "identifier":
        return None
    variable = source.text(receiver)
    let, block = _let(source, receiver, variable)
    value = let.child_by_field_name("value") if let is not None else None
    if let is None or block is None or value is None:
        return None
    mentions = re.findall(rb"\b" + variable.encode() + rb"\b", source.data[let.end_byte : block.end_byte])
    if len(mentions) != 1 or let.child_by_field_name("type") is not None:
        return None
    while value is not None and value.type in ("try_expression", "await_expression", "parenthesized_expression"):
        value = value.named_child(0)
    run = value.child_by_field_name("function") if value is not None else None
    executed = run.child_by_field_name("field") if run is not None and run.type == "field_expression" else None
    if run is None or executed is None or source.text(executed) != "execute":
        return None
    query = _query(run)
    made = _scalar(source, query) if query is not None else None
    if query is None or made is None:
        return None
    line = source.line(query)
    here = [one for one in statements if one.sink_line == line and _INTO.match(one.sql) and not one.holes]
    if len(here) != 1:
        return None
    then = Span(source.char(executed.start_byte), source.char(executed.end_byte))
    return here[0], (made, _edit(source, then, "fetch_one"))


def _let(source: Source, use: Node, name: str) -> tuple[Node | None, Node | None]:
    child, parent = use, source.parent(use)
    while parent is not None and parent.type != "function_item":
        if parent.type == "block":
            found = binding(source, parent, child, name)
            if found is not None:
                return (found, parent) if found.type == "let_declaration" else (None, None)
        child, parent = parent, source.parent(parent)
    return None, None


def _query(run: Node) -> Node | None:
    """The macro or function that a chain of calls (`.bind(..)`) begins with."""
    node = run.child_by_field_name("value")
    while node is not None and node.type == "call_expression":
        function = node.child_by_field_name("function")
        if function is None or function.type != "field_expression":
            return node
        node = function.child_by_field_name("value")
    return node if node is not None and node.type == "macro_invocation" else None


def _scalar(source: Source, query: Node) -> FileEdit | None:
    """`query` → `query_scalar`, whose result is the column itself."""
    path = query.child_by_field_name("macro" if query.type == "macro_invocation" else "function")
    if path is None or path.type not in ("identifier", "scoped_identifier") or last_name(source, path) != "query":
        return None
    name = path.child_by_field_name("name") if path.type == "scoped_identifier" else path
    if name is None:
        return None
    span = Span(source.char(name.start_byte), source.char(name.end_byte))
    return _edit(source, span, "query_scalar" if query.type == "macro_invocation" else "query_scalar::<_, i64>")


def _key(statement: Statement, catalog: Catalog) -> str:
    """The column that is the inserted row's id."""
    into = _INTO.match(statement.sql)
    table = catalog.table(into["table"]) if into is not None else None
    column = table.rowid_column if table is not None else None
    return column.name if column is not None else ""


def _edit(source: Source, span: Span, text: str) -> FileEdit:
    return FileEdit(source.file.path, span.start, span.end, text)
