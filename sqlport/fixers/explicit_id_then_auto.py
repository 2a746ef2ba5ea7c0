"""ROW002: ids that are given, in a script: an identity column does not see them and would give them again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from sqlglot import exp

from sqlport.catalog.names import quote
from sqlport.fixers import Context, Proposal
from sqlport.fixers._inserts import Insert, inserted
from sqlport.fixers._patterns import quoted
from sqlport.sql import Parsed, insert, read

_FILLING = ("INSERT", "REPLACE", "WITH", "ALTER", "SELECT")


def find(context: Context) -> Iterator[Proposal]:
    """The last such INSERT of a table that the script creates, or that it later inserts into without an id."""
    found = inserted(context)
    if found is None or found.table is None:
        return
    key = found.table.rowid_column
    if key is None or found.table.temporary or not _gives(found, key.name):
        return
    automatic = False
    for text in context.after.starting(*_FILLING):
        kind = _filling(text, found.name)
        if kind == "setval" or (kind == "explicit" and not automatic):
            return  # that one sets the sequence, or has done so
        automatic = automatic or kind == "auto"
    created = any(_creates(text, found.name) for text in context.before.starting("CREATE"))
    if automatic or created:
        span = context.parsed.span(found.node)
        if context.parsed.placeholders or context.parsed.holes:  # drivers take no second statement with parameters
            yield Proposal(span)
            return
        yield Proposal(span, (insert(span.end, ";\n" + _reset(context, found, key.name, created=created)),))


def _reset(context: Context, found: Insert, key: str, *, created: bool) -> str:
    """The statement that sets the sequence; with the number in it where the script has given all ids so far."""
    name, column = quote(found.name), quote(key)
    others = [read(text) for text in context.before.starting(*_FILLING) if _names(text, found.name)] if created else []
    ids = [number for parsed in (context.parsed, *others) for number in _ids(context, parsed, found.name, key)]
    if created and ids and None not in ids:
        return f"ALTER TABLE {name} ALTER COLUMN {column} RESTART WITH {max(map(int, filter(None, ids))) + 1}"
    sequence = f"pg_get_serial_sequence({quoted(name)}, {quoted(key.lower())})"
    return f"SELECT setval({sequence}, max({column})) FROM {name}"


def _names(text: str, table: str) -> bool:
    return table.lower() in text.lower()


def _ids(context: Context, parsed: Parsed, table: str, key: str) -> Iterator[str | None]:
    """The ids that a statement gives to rows of the table; None for one that is no plain number."""
    other = inserted(replace(context, parsed=parsed))
    if other is None or other.name.lower() != table.lower():
        return
    if other.source is not None or key.lower() not in other.given():
        yield None
    for value in other.values_of(key):
        yield str(value.this) if isinstance(value, exp.Literal) and str(value.this).isdigit() else None


def _gives(found: Insert, key: str) -> bool:
    """Whether rows get an id of their own, not NULL."""
    if key.lower() not in found.given():
        return False
    values = list(found.values_of(key))
    if found.rows:
        return any(not isinstance(value, exp.Null) for value in values)
    return found.source is not None


def _filling(text: str, table: str) -> str:
    """How a later statement fills the table: `explicit`, `auto` or `setval`; empty where it does not."""
    if not _names(text, table):
        return ""
    name, kind = _read(text)
    return kind if name == table.lower() else ""


@lru_cache(maxsize=64)
def _read(text: str) -> tuple[str, str]:
    """The table that a statement fills, and how."""
    parsed = read(text)
    words = [token.word for token in parsed.tokens]
    if "RESTART" in words and words[:2] == ["ALTER", "TABLE"]:
        return parsed.tokens[2].text.strip('"').lower(), "setval"
    node = parsed.tree
    if isinstance(node, exp.Insert):
        named = node.this.this if isinstance(node.this, exp.Schema) else node.this
        names = [name.name.lower() for name in node.this.expressions] if isinstance(node.this, exp.Schema) else []
        return named.name.lower(), "explicit" if not names or "id" in names or "rowid" in names else "auto"
    table = next((table.name.lower() for table in parsed.nodes(exp.Table)), "")
    return (table, "setval") if any(parsed.calls("setval")) else ("", "")


@lru_cache(maxsize=256)
def _creates(text: str, table: str) -> bool:
    parsed = read(text)
    if parsed.kind != "CREATE TABLE":
        return False
    created = next(iter(parsed.nodes(exp.Table)), None)
    return created is not None and created.name.lower() == table.lower()
