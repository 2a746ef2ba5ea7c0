"""IDN010: `main.` and `temp.` before a name."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.model import Span
from sqlport.sql import replace

_TEMPORARY = (
    "PostgreSQL keeps temporary tables in pg_temp; write CREATE TEMP TABLE, and the name without temp. elsewhere"
)


def find(context: Context) -> Iterator[Proposal]:
    """Every `main.` and `temp.` that qualifies a table, index, view or trigger."""
    tokens = context.parsed.tokens
    aliases = _aliases(context)
    for index, token in enumerate(tokens[:-2]):
        word = token.text.strip('"`[]').lower()
        if word not in ("main", "temp") or tokens[index + 1].text != "." or word in aliases:
            continue
        if index and tokens[index - 1].text == ".":
            continue
        if tokens[0].word == "PRAGMA" or tokens[index + 2].word in ("SQLITE_MASTER", "SQLITE_SCHEMA"):
            continue
        span = Span(token.start, tokens[index + 2].start)
        creates = tokens[0].word == "CREATE" and word == "temp" and not {"TEMP", "TEMPORARY"} & {t.word for t in tokens}
        if creates:
            yield Proposal(token.span, message=_TEMPORARY)
        else:
            yield Proposal(Span(token.start, token.end), (replace(span),))


def _aliases(context: Context) -> frozenset[str]:
    """Tables and aliases of the statement that have such a name themselves."""
    from sqlglot import exp

    return frozenset(
        (table.alias or table.name).lower() for table in context.parsed.nodes(exp.Table) if table.name or table.alias
    ) | frozenset(item.alias.lower() for item in context.parsed.nodes(exp.CTE))
