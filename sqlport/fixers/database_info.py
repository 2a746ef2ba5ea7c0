"""CAT004: what SQLite tells of its files and statistics."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers import _catalogue as catalogue
from sqlport.model import Applicability, Span
from sqlport.sql import replace

_NAMES = (
    "pragma_database_list",
    "pragma_page_count",
    "pragma_page_size",
    "pragma_freelist_count",
    "pragma_collation_list",
    "pragma_function_list",
    "pragma_module_list",
    "pragma_compile_options",
    "sqlite_stat1",
    "sqlite_stat4",
    "dbstat",
)
_WORDS = ("DATABASE_LIST", "COLLATION_LIST", "FUNCTION_LIST", "MODULE_LIST", "COMPILE_OPTIONS", "STATS")

_ONE_DATABASE = "SELECT 0 AS seq, 'main' AS name, current_database()::text AS file"


def find(context: Context) -> Iterator[Proposal]:
    """Every use of a table or a pragma about the database itself."""
    for _, table in catalogue.tables(context, *_NAMES):
        yield Proposal(context.parsed.span(table))
    for _, table in catalogue.functions(context, *_NAMES):
        yield Proposal(context.parsed.span(table))
    tokens = context.parsed.tokens
    if context.parsed.kind != "PRAGMA":
        return
    words = [token.word for token in tokens if token.text != ";"]
    if words == ["PRAGMA", "DATABASE_LIST"]:
        span = Span(tokens[0].start, tokens[1].end)
        yield Proposal(span, (replace(span, _ONE_DATABASE),), Applicability.UNSAFE)
    elif any(word in _WORDS for word in words[:4]):
        yield Proposal(tokens[0].span)
