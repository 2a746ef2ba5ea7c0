"""PRG001: PRAGMA statements that set how SQLite works."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._pragmas import OFF, ON, Pragma, left_out, pragma
from sqlport.model import Applicability, Span
from sqlport.sql import replace

_NEEDLESS = {
    "journal_mode": "PostgreSQL always has a write-ahead log",
    "wal_autocheckpoint": "PostgreSQL makes checkpoints by itself",
    "journal_size_limit": "PostgreSQL keeps its log in bounds by itself",
    "recursive_triggers": "PostgreSQL's triggers are always recursive",
    "mmap_size": "PostgreSQL caches by itself",
    "page_size": "PostgreSQL's page size is fixed",
    "auto_vacuum": "autovacuum is on by default",
    "temp_store": "PostgreSQL keeps small temporary tables in memory",
    "cache_size": "PostgreSQL's cache is set for the server",
    "cache_spill": "PostgreSQL's cache is set for the server",
    "cell_size_check": "PostgreSQL checks by itself",
    "automatic_index": "PostgreSQL builds no indexes by itself",
    "legacy_alter_table": "there is one way on PostgreSQL",
    "legacy_file_format": "there is one format on PostgreSQL",
    "trusted_schema": "PostgreSQL has privileges instead",
    "reverse_unordered_selects": "the order of PostgreSQL's rows is open without ORDER BY",
    "full_column_names": "there is one way on PostgreSQL",
    "short_column_names": "there is one way on PostgreSQL",
    "secure_delete": "PostgreSQL overwrites freed space in its own time",
    "shrink_memory": "PostgreSQL's memory is set for the server",
    "soft_heap_limit": "PostgreSQL's memory is set for the server",
    "hard_heap_limit": "PostgreSQL's memory is set for the server",
    "analysis_limit": "PostgreSQL samples by itself",
    "fullfsync": "PostgreSQL decides how it syncs",
    "checkpoint_fullfsync": "PostgreSQL decides how it syncs",
    "writable_schema": "PostgreSQL's catalogue is not written to",
    "incremental_vacuum": "autovacuum does it",
    "encoding": "a database has its encoding from CREATE DATABASE",
    "locking_mode": "many connections write at once",
    "read_uncommitted": "PostgreSQL never reads what is not committed",
    "schema_version": "PostgreSQL notices changes by itself",
}
# What leaves the program as it was; the others wanted something that a person has to find elsewhere.
_SURE = frozenset("journal_mode wal_autocheckpoint cache_size mmap_size temp_store".split())


def find(context: Context) -> Iterator[Proposal]:
    """Every PRAGMA of a setting, as PostgreSQL's setting where there is one."""
    found = pragma(context)
    if found is None:
        if _is_named_by_the_program(context):
            yield Proposal(
                Span(context.parsed.tokens[0].start, context.parsed.tokens[-1].end),
                message="the program computes the name of this PRAGMA; PostgreSQL has no PRAGMA, so take it out",
            )
        return
    statement = _statement(found)
    if statement is not None:
        yield Proposal(found.span, (replace(found.span, statement),))
    elif found.name == "foreign_keys" and found.value.lower() in ON:
        yield Proposal(found.span, (left_out(context, "always so on PostgreSQL"),), Applicability.SAFE)
    elif found.name in _SURE:
        yield Proposal(found.span, (left_out(context, _NEEDLESS[found.name]),))
    elif found.name in _NEEDLESS:
        yield Proposal(found.span, message=f"{_NEEDLESS[found.name]}; leave PRAGMA {found.name} out")
    elif found.name in ("foreign_keys", "busy_timeout", "synchronous", "query_only", "threads", "defer_foreign_keys"):
        yield Proposal(found.span, message=f"PostgreSQL has no PRAGMA {found.name}; leave the question out")


def _is_named_by_the_program(context: Context) -> bool:
    parsed = context.parsed
    if parsed.kind != "PRAGMA":
        return False
    behind = parsed.tokens[0].end
    return any(not parsed.text[behind : hole.start].strip() for hole in parsed.holes if hole.start >= behind)


def _statement(found: Pragma) -> str | None:
    """PostgreSQL's statement of the same kind."""
    value = found.value.lower()
    if found.name == "busy_timeout" and value.isdigit():
        return f"SET lock_timeout = '{value}ms'"
    if found.name == "threads" and value.isdigit():
        return f"SET max_parallel_workers_per_gather TO {value}"
    if found.name == "defer_foreign_keys" and value in (ON | OFF):
        return f"SET CONSTRAINTS ALL {'DEFERRED' if value in ON else 'IMMEDIATE'}"
    if found.name == "foreign_keys" and value in OFF:
        return "SET session_replication_role = replica"
    if found.name == "query_only" and value in (ON | OFF):
        return f"SET default_transaction_read_only = {'on' if value in ON else 'off'}"
    if found.name == "synchronous" and value in ("off", "0", "normal", "1", "full", "2", "extra", "3"):
        return f"SET synchronous_commit = {'off' if value in ('off', '0', 'normal', '1') else 'on'}"
    if found.name == "optimize":
        return "ANALYZE"
    return "CHECKPOINT" if found.name == "wal_checkpoint" else None
