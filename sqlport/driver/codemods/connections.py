"""DRV013: what connections of sqlite3 can do and those of psycopg cannot."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from sqlport.driver.model import Change, Module

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
    "getlimit": "PostgreSQL's limits are settings of the server",
    "setlimit": "PostgreSQL's limits are settings of the server",
}
_WORDS = frozenset(["backup", "serialize", "deserialize"])


def find(module: Module) -> Iterator[Change]:
    """Every use of these, in a file that imports the library or runs SQL."""
    for node in ast.walk(module.source.tree):
        if isinstance(node, ast.Attribute) and node.attr in _ADVICE:
            yield from _attribute(module, node)


def _attribute(module: Module, node: ast.Attribute) -> Iterator[Change]:
    parent = module.uses.parents.get(id(node))
    if not isinstance(parent, ast.Call) or parent.func is not node:
        return
    if node.attr in _WORDS and (not module.uses.imports or _is_another(module, node, parent)):
        return  # words of other libraries as well
    yield Change("DRV013", module.path, module.source.span(node), message=f"{node.attr}: {_ADVICE[node.attr]}")


def _is_another(module: Module, node: ast.Attribute, call: ast.Call) -> bool:
    """Whether it is a function of the program's own, or called otherwise than the library's."""
    if node.attr != "backup" and len(call.args) != (node.attr == "deserialize"):
        return True
    if any(isinstance(one, ast.FunctionDef) and one.name == node.attr for one in ast.walk(module.source.tree)):
        return isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
    return isinstance(node.value, ast.Name) and node.value.id in _imported(module)


def _imported(module: Module) -> set[str]:
    return {
        (alias.asname or alias.name).partition(".")[0]
        for one in ast.walk(module.source.tree)
        if isinstance(one, (ast.Import, ast.ImportFrom))
        for alias in one.names
    }
