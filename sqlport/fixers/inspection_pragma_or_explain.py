"""PRG004: PRAGMA statements that inspect the file, and EXPLAIN."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._pragmas import pragma
from sqlport.model import Span

_ADVICE = {
    "integrity_check": "PostgreSQL has no integrity_check; amcheck and data checksums look after its files",
    "quick_check": "PostgreSQL has no quick_check; amcheck and data checksums look after its files",
    "foreign_key_check": "PostgreSQL never lets a foreign key be broken; leave the check out",
    "data_version": "PostgreSQL does not tell that others wrote; use LISTEN and NOTIFY, or a column with a time",
    "page_count": "PostgreSQL's size in bytes is pg_database_size(current_database()); it has no pages of one file",
    "freelist_count": "PostgreSQL has no list of free pages; pg_stat_user_tables tells dead rows",
    "max_page_count": "PostgreSQL's size has no limit in pages",
    "compile_options": "SQLite's compile options mean nothing to PostgreSQL; leave the question out",
    "function_list": "PostgreSQL's functions are in pg_proc",
    "module_list": "PostgreSQL's extensions are in pg_extension",
    "pragma_list": "PostgreSQL's settings are in pg_settings",
    "stats": "PostgreSQL's statistics are in pg_stats",
    "lock_status": "PostgreSQL's locks are in pg_locks",
}
_EXPLAIN = (
    "PostgreSQL's EXPLAIN gives lines of text, SQLite's rows of a program or a plan; who reads them has to change"
)


def find(context: Context) -> Iterator[Proposal]:
    """Every one."""
    found = pragma(context)
    if found is not None and found.name in _ADVICE:
        yield Proposal(found.span, message=_ADVICE[found.name])
    elif context.parsed.kind == "EXPLAIN":
        tokens = context.parsed.tokens
        words = [token.word for token in tokens[1:3]]
        last = 2 if words == ["QUERY", "PLAN"] else int(words[:1] == ["QUERY PLAN"])
        end = tokens[last].end
        yield Proposal(Span(tokens[0].start, end), message=_EXPLAIN)
