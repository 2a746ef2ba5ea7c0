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
    "text_factory": "psycopg decodes text by the server's encoding; register a loader for another type",
    "getlimit": "PostgreSQL's limits are settings of the server",
    "setlimit": "PostgreSQL's limits are settings of the server",
}


def find(module: Module) -> Iterator[Change]:
    """Every use of these, in a file that imports the library or runs SQL."""
    for node in ast.walk(module.source.tree):
        if isinstance(node, ast.Attribute) and node.attr in _ADVICE:
            yield from _attribute(module, node)


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
    yield Change("DRV013", module.path, module.source.span(node), message=f"{node.attr}: {_ADVICE[node.attr]}")


def _is_str(module: Module, node: ast.Attribute) -> bool:
    """Whether text_factory is set to what it is anyway."""
    parent = module.uses.parents.get(id(node))
    return isinstance(parent, ast.Assign) and isinstance(parent.value, ast.Name) and parent.value.id == "str"
