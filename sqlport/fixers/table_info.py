"""CAT002: what SQLite tells of the columns of a table."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.catalog import folded
from sqlport.fixers import Context, Proposal
from sqlport.fixers import _catalogue as catalogue
from sqlport.fixers._catalogue import View
from sqlport.fixers._json import string
from sqlport.model import Applicability

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
        yield Proposal(tokens[0].span, message=_PRAGMA)


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
