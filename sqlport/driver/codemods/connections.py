"""DRV006, DRV011, DRV013: what connections and errors of sqlite3 can do and those of psycopg cannot."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from sqlport.driver.model import Change, Module

_IN_SQL = (
    "PostgreSQL runs no functions of the program, so the helper only warns: write {what} in SQL or PL/pgSQL, in the"
    " schema, where SQL calls it; REGEXP is the operator ~ there and needs none"
)
_FUNCTIONS: Mapping[str, str] = {
    "create_function": _IN_SQL.format(what="it"),
    "create_aggregate": _IN_SQL.format(what="the aggregate"),
    "create_window_function": _IN_SQL.format(what="the window function"),
    "create_collation": "PostgreSQL's collations are made by CREATE COLLATION, in the schema; the helper only warns",
}
_ADVICE: Mapping[str, str] = {
    "set_trace_callback": "psycopg traces by logging (the logger `psycopg`), PostgreSQL by log_statement",
    "set_progress_handler": "PostgreSQL limits a statement's time by statement_timeout",
    "set_authorizer": "PostgreSQL has roles and GRANT instead of an authorizer",
    "backup": "PostgreSQL's databases are copied by pg_dump, or by CREATE DATABASE ... TEMPLATE",
    "blobopen": "PostgreSQL's large objects (lo_open) are read in parts; a bytea column whole, or by substring()",
    "load_extension": "PostgreSQL's extensions are made by CREATE EXTENSION, in the schema",
    "enable_load_extension": "PostgreSQL's extensions are made by CREATE EXTENSION, in the schema",
    "iterdump": "PostgreSQL's databases are dumped by pg_dump",
    "serialize": "a database of PostgreSQL is no byte string; use pg_dump",
    "deserialize": "a database of PostgreSQL is no byte string; use pg_restore",
    "text_factory": "psycopg decodes text by the server's encoding; register a loader for another type",
    "getlimit": "PostgreSQL's limits are settings of the server",
    "setlimit": "PostgreSQL's limits are settings of the server",
}
_MESSAGES = re.compile(
    r"(?i)(UNIQUE|FOREIGN KEY|NOT NULL|CHECK) constraint failed|no such (table|column|function)"
    r"|database (table )?is locked|already exists|duplicate column"
    r"|has no column|syntax error|unable to open database|not a database|datatype mismatch"
)


def find(module: Module) -> Iterator[Change]:
    """Every use of these, in a file that imports the library or runs SQL."""
    for node in ast.walk(module.source.tree):
        if isinstance(node, ast.Attribute) and (node.attr in _FUNCTIONS or node.attr in _ADVICE):
            yield from _attribute(module, node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _MESSAGES.search(node.value):
            if _is_compared(module, node):
                message = (
                    "this compares with a message of SQLite; PostgreSQL says it otherwise: compare the class"
                    " (psycopg.errors.UniqueViolation) or `error.sqlstate`"
                )
                yield Change("DRV006", module.path, module.source.span(node), message=message)


def _attribute(module: Module, node: ast.Attribute) -> Iterator[Change]:
    parent = module.uses.parents.get(id(node))
    called = isinstance(parent, ast.Call) and parent.func is node
    if node.attr == "text_factory":
        if not isinstance(node.ctx, ast.Store) or _is_str(module, node):
            return
    elif not called:
        return
    if node.attr in ("backup", "serialize", "deserialize") and not module.uses.imports:
        return  # words of other libraries as well
    span = module.source.span(node)
    if node.attr in _FUNCTIONS:
        yield Change("DRV011", module.path, span, message=_FUNCTIONS[node.attr])
    else:
        yield Change("DRV013", module.path, span, message=f"{node.attr}: {_ADVICE[node.attr]}")


def _is_str(module: Module, node: ast.Attribute) -> bool:
    """Whether text_factory is set to what it is anyway."""
    parent = module.uses.parents.get(id(node))
    return isinstance(parent, ast.Assign) and isinstance(parent.value, ast.Name) and parent.value.id == "str"


def _is_compared(module: Module, node: ast.Constant) -> bool:
    """Whether the text is compared with a message: `in str(error)`, `==`, assertIn(), match=."""
    parent = module.uses.parents.get(id(node))
    if isinstance(parent, ast.Compare):
        return True
    if isinstance(parent, ast.keyword):
        return parent.arg == "match"
    if isinstance(parent, ast.Call):
        name = parent.func.attr if isinstance(parent.func, ast.Attribute) else getattr(parent.func, "id", "")
        return name in ("assertIn", "assertEqual", "assertRegex", "startswith", "assertRaisesRegex", "search", "match")
    return False
