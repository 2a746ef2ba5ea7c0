"""CAT002: what SQLite tells of the columns of a table."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlport.catalog import folded
from sqlport.fixers import Context, Proposal
from sqlport.fixers import _catalogue as catalogue
from sqlport.fixers._catalogue import View
from sqlport.fixers._json import string
from sqlport.model import Applicability, Span
from sqlport.sql import Rewrite

_PRIMARY = (
    "coalesce((SELECT array_position(conkey, attnum) FROM pg_constraint"
    " WHERE conrelid = attrelid AND contype = 'p'), 0)"
)
_COLUMNS = {"name": "attname", "cid": "attnum - 1", "notnull": "attnotnull::int", "pk": _PRIMARY}
_NAMES = {"name": "column_name", "cid": "ordinal_position - 1"}
_KNOWN = frozenset("cid name type notnull dflt_value pk hidden".split())
_TYPES = (
    "the types and defaults of PostgreSQL's columns are written otherwise than SQLite's; read data_type and "
    "column_default from information_schema.columns, and compare with PostgreSQL's names"
)
_NAME = (
    "the table is not named here; join information_schema.columns on table_name, where table_schema = current_schema()"
)
_PRAGMA = (
    "PostgreSQL has no PRAGMA table_info; read column_name, data_type, is_nullable and column_default from "
    "information_schema.columns WHERE table_schema = current_schema() AND table_name = '...' ORDER BY ordinal_position"
)
_AS_WRITTEN = "types, defaults and notnull of a primary key are compared with nothing that SQLite wrote"
_CALL = re.compile(
    r"""(?ix)PRAGMA\s+table_x?info\s*(?:\(\s*|=\s*)(?P<quote>['"`]?)(?P<name>\w+|\{\w+\})(?P=quote)(?:\s*\))?(?=\s*(?:;|$))"""
)
_ALL = (
    "SELECT attnum - 1 AS cid, attname AS name, CASE format_type(atttypid, NULL) WHEN 'bigint' THEN 'INTEGER'"
    " WHEN 'double precision' THEN 'REAL' WHEN 'bytea' THEN 'BLOB' WHEN 'citext' THEN 'TEXT'"
    " ELSE upper(format_type(atttypid, NULL)) END AS type, (attnotnull::int = 1 AND "
    f"{_PRIMARY} = 0)::int AS notnull,"
    f" pg_get_expr(adbin, adrelid) AS dflt_value, {_PRIMARY} AS pk FROM pg_attribute LEFT JOIN pg_attrdef"
    " ON adrelid = attrelid AND adnum = attnum WHERE attrelid = "
)
_BEHIND = " AND attnum > 0 AND atttypid <> 0 ORDER BY attnum"
_NOT_NULL = "no column belongs to a primary key that is not an integer (those take NULL in SQLite only)"


def find(context: Context) -> Iterator[Proposal]:
    """Every use of pragma_table_info() and PRAGMA table_info."""
    for call, table in catalogue.functions(context, "pragma_table_info", "pragma_table_xinfo"):
        span = context.parsed.span(table)
        used = catalogue.used_columns(table, _KNOWN)
        name = catalogue.literal_name(call)
        if not used <= set(_COLUMNS):
            yield Proposal(span, message=_TYPES)
        elif name is None:
            yield Proposal(span, message=_NAME)
        else:
            unsure = "notnull" in used
            yield catalogue.derived(
                context,
                table,
                _view(name, used).query(used),
                applicability=Applicability.UNSAFE if unsure else None,
                condition=_NOT_NULL if unsure else "",
            )
    tokens = context.parsed.tokens
    if context.parsed.kind == "PRAGMA" and any(token.word in ("TABLE_INFO", "TABLE_XINFO") for token in tokens[:4]):
        yield _statement(context)


def _statement(context: Context) -> Proposal:
    """The PRAGMA as a query with SQLite's six columns, where the name of the table is written or one hole."""
    first = context.parsed.tokens[0]
    found = _CALL.match(context.parsed.text, first.start)
    if found is None:
        return Proposal(first.span, message=_PRAGMA)
    name = found["name"]
    span, inner = Span(first.start, found.end()), Span(*found.span("name"))
    if name.startswith("{"):
        parts: tuple[str | Span, ...] = (f"{_ALL}to_regclass('", inner, f"'){_BEHIND}")
    else:
        parts = (f"{_ALL}{catalogue.regclass(name)}{_BEHIND}",)
    rewrite = Rewrite(span.start, span.end, parts)
    return Proposal(first.span, (rewrite,), Applicability.UNSAFE, condition=_AS_WRITTEN, message=_PRAGMA)


def _view(name: str, used: frozenset[str]) -> View:
    """Names from information_schema, which reads well; keys from pg_attribute."""
    if used <= set(_NAMES):
        literal = string(folded(name))
        return View(
            _NAMES,
            f"information_schema.columns WHERE table_schema = current_schema() AND table_name = {literal}",
        )
    found = catalogue.regclass(name)
    return View(_COLUMNS, f"pg_attribute WHERE attrelid = {found} AND attnum > 0 AND atttypid <> 0")
