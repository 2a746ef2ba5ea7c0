"""Which engine a statement is written for: the connection's library, else the file's imports, else its text."""

from __future__ import annotations

import re
from collections.abc import Collection

from sqlport.model import Dialect

_SQLITE_MODULES = frozenset(("sqlite3", "aiosqlite", "apsw", "pysqlite2", "pysqlite3", "sqlcipher3"))
_POSTGRES_MODULES = frozenset(
    ("psycopg", "psycopg2", "psycopg_pool", "asyncpg", "aiopg", "pg8000", "psycopg2cffi", "postgres", "postgres_async")
)
_OTHER_MODULES = frozenset(("MySQLdb", "pymysql", "mysql", "aiomysql", "oracledb", "cx_Oracle", "pyodbc", "pymssql"))
# Their own cursors take `%s` for every server.
_FORMAT_MODULES = frozenset(("django", "peewee"))
_SEVERAL_MODULES = frozenset(("sqlalchemy", "sqlmodel", "databases", "tortoise", "pony", "dataset", "pandas"))

_POSTGRES_TEXT = re.compile(
    r"\$[1-9]\d*\b(?!\$)|[\w)'\"\]]::[a-z]|\bILIKE\b|\bSERIAL\b|\bBIGSERIAL\b|\bJSONB\b|\bTIMESTAMPTZ\b|\bBYTEA\b"
    r"|\bDISTINCT\s+ON\s*\(|\bpg_\w+\b|\bGENERATED\s+(?:ALWAYS|BY\s+DEFAULT)\s+AS\s+IDENTITY\b"
    r"|^\s*DO\s+\$\w*\$|\bLANGUAGE\s+'?plpgsql\b|\bnextval\s*\(|\bFOR\s+UPDATE\b|\binterval\s+'|\bCONCURRENTLY\b",
    re.IGNORECASE,
)
_FORMAT_TEXT = re.compile(r"(?<!%)%(?:s|\(\w+\)s)")
_VALUES = re.compile(r"(\s*\(?)[\d\s,.()']{20,}")
"""Long rows of values, which say nothing; there may be very many."""
_SQLITE_TEXT = re.compile(
    r"\bAUTOINCREMENT\b|\bPRAGMA\b|\bsqlite_\w+|\bOR\s+(?:IGNORE|REPLACE|ABORT|FAIL|ROLLBACK)\s+INTO\b|\bifnull\s*\("
    r"|\bUPDATE\s+OR\b|\bGLOB\b|\bstrftime\s*\(|\bdatetime\s*\(|\bjulianday\s*\(|\bgroup_concat\s*\(|\bINDEXED\s+BY\b"
    r"|\bWITHOUT\s+ROWID\b|\blast_insert_rowid\b|\browid\b|\bCOLLATE\s+NOCASE\b|\bUSING\s+fts\d|^\s*REPLACE\s+INTO\b"
    r"|^\s*(?:ATTACH|DETACH)\b|\bBEGIN\s+(?:IMMEDIATE|EXCLUSIVE|DEFERRED)\b|(?<![\w?])\?(?:\d+\b)?(?![\w?|&])",
    re.IGNORECASE,
)


def dialect_of_imports(imports: Collection[str]) -> Dialect:
    """What the modules that a file imports say; `unknown` when they say several things or nothing."""
    sqlite = not _SQLITE_MODULES.isdisjoint(imports)
    postgres = not _POSTGRES_MODULES.isdisjoint(imports)
    if sqlite == postgres or not _OTHER_MODULES.isdisjoint(imports):
        return "unknown"
    return "sqlite" if sqlite else "postgres"


def takes_format(imports: Collection[str]) -> bool:
    """Whether `%s` says nothing about the server in this file."""
    return not (_FORMAT_MODULES | _OTHER_MODULES).isdisjoint(imports)


def serves_several(imports: Collection[str]) -> bool:
    """Whether a library is imported that speaks to one engine or another."""
    return not (_SEVERAL_MODULES | _FORMAT_MODULES | _OTHER_MODULES).isdisjoint(imports)


def dialect_of(known: Dialect, sql: str, *, any_format: bool = False) -> Dialect:
    """The statement's dialect: `known` when it is one, else what its text shows."""
    if known != "unknown":
        return known
    return dialect_of_text(sql, any_format=any_format)


def dialect_of_text(sql: str, *, any_format: bool = False) -> Dialect:
    """What only one of the two engines would be told; `unknown` when the text has no or mixed signs."""
    plain = _VALUES.sub(r"\1 ", re.sub(r"'(?:[^']|'')*'|--[^\n]*", "''", sql))
    sqlite = _SQLITE_TEXT.search(plain) is not None
    postgres = _POSTGRES_TEXT.search(plain) is not None
    if not postgres and not sqlite and not any_format:
        postgres = _FORMAT_TEXT.search(plain) is not None
    if sqlite == postgres:
        return "unknown"
    return "sqlite" if sqlite else "postgres"
