"""Tests on the engine: which branch of a program that supports several runs on which."""

from __future__ import annotations

import ast
import re
from typing import Literal as OneOf

from sqlport.hosts.python.names import dotted

Engine = OneOf["", "sqlite", "postgres", "other"]
"""What a test tells: one of the engines, some other one, or nothing."""

_WORDS: tuple[tuple[Engine, str], ...] = (
    ("sqlite", r"(?:py|aio)?sqlite3?|sqlcipher3?"),
    ("postgres", r"postgres(?:ql)?|psycopg[23]?|asyncpg|pgsql|pg|postgis"),
    ("other", r"mysql|mariadb|mysqldb|pymysql|mssql|sqlserver|oracle|cx_oracle|cockroach(?:db)?|duckdb|db2|firebird"),
)
_TEXTS = tuple((engine, re.compile(rf"(?i)(?:^|[./])(?:{words})(?:$|[+:]|_backend$)")) for engine, words in _WORDS)
_SAYING = r"(?:is|use|uses|using|on|has|with|db|database|backend|engine|dialect|type|dbtype|vendor)"
_NAMES = tuple(
    (
        engine,
        re.compile(rf"(?i)^_*(?:{_SAYING}_?)+(?:{words})$|^_*(?:{words})_?(?:db|database|backend|engine|dialect)?$"),
    )
    for engine, words in _WORDS
)
_TYPES = tuple((engine, re.compile(rf"(?i)^_?(?:{words})(?:$|[A-Z_]\w*)")) for engine, words in _WORDS)


def engines(test: ast.expr) -> tuple[Engine, Engine]:
    """The engine where the test holds, and where it does not."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        holds, fails = engines(test.operand)
        return fails, holds
    if isinstance(test, ast.BoolOp):
        return _joined(test)
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        found = _compared(test)
        return _turned(found) if isinstance(test.ops[0], (ast.NotEq, ast.NotIn, ast.IsNot)) else _both(found)
    if isinstance(test, ast.Call):
        return _both(_called(test))
    if isinstance(test, (ast.Name, ast.Attribute)):
        return _both(_named(test, alone=True))
    return "", ""


def _both(engine: Engine) -> tuple[Engine, Engine]:
    """Where it is not PostgreSQL it is SQLite, which the code is ported from; where not SQLite, another one."""
    return engine, {"postgres": "sqlite", "sqlite": "postgres"}.get(engine, "")  # type: ignore[return-value]


def _turned(engine: Engine) -> tuple[Engine, Engine]:
    holds, fails = _both(engine)
    return fails, holds


def _joined(test: ast.BoolOp) -> tuple[Engine, Engine]:
    parts = [engines(part) for part in test.values]
    if isinstance(test.op, ast.And):
        return next((holds for holds, _ in parts if holds), ""), ""
    same = {holds for holds, _ in parts}
    return same.pop() if len(same) == 1 else "", next((fails for _, fails in parts if fails), "")


def _compared(test: ast.Compare) -> Engine:
    left, right = test.left, test.comparators[0]
    sides = [*_elements(left), *_elements(right)]
    said = {engine for side in sides if (engine := _constant(side))}
    if len(said) != 1 or not any(
        isinstance(side, (ast.Name, ast.Attribute, ast.Call, ast.Subscript)) for side in sides
    ):
        return ""
    if isinstance(test.ops[0], (ast.Eq, ast.NotEq, ast.In, ast.NotIn, ast.Is, ast.IsNot)):
        return said.pop()
    return ""


def _elements(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, (ast.Tuple, ast.List, ast.Set)) else [node]


def _constant(node: ast.expr) -> Engine:
    """The engine that a text, or a constant by its name (`Dialect.POSTGRES`, `DB_SQLITE`), names."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return next((engine for engine, pattern in _TEXTS if pattern.search(node.value)), "")
    name = (dotted(node) or "").rpartition(".")[2]
    return _named(node, alone=False) if name.isupper() else ""


def _named(node: ast.expr, *, alone: bool) -> Engine:
    name = (dotted(node) or "").rpartition(".")[2]
    if alone and name.lower() in ("sqlite", "sqlite3", "pg", "psycopg2", "psycopg", "sqlite_db", "postgres_db"):
        return ""  # a module, or a connection that may be there or not
    return next((engine for engine, pattern in _NAMES if pattern.search(name)), "")


def _called(test: ast.Call) -> Engine:
    name = test.func.attr if isinstance(test.func, ast.Attribute) else getattr(test.func, "id", "")
    if name == "isinstance" and len(test.args) == 2:
        names = [(dotted(part) or "").rpartition(".")[2] for part in _elements(test.args[1])]
        said = {next((engine for engine, pattern in _TYPES if pattern.search(one)), "") for one in names}
        return said.pop() if len(said) == 1 else ""  # type: ignore[return-value]
    if name in ("startswith", "endswith") and test.args:
        said = {_constant(part) for part in _elements(test.args[0])}
        return said.pop() if len(said) == 1 else ""  # type: ignore[return-value]
    return _named(test.func, alone=False) if not test.args else ""
