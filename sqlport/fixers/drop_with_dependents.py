"""DDL017: DROP TABLE of what views and foreign keys depend on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlport.catalog.names import folded
from sqlport.catalog.tables import Table
from sqlport.fixers import Context, Proposal
from sqlport.sql import insert
from sqlport.sql.ddl import unquoted
from sqlport.sql.tokens import tokenize

_VIEW = re.compile(r"(?i)CREATE\s+(?:TEMP(?:ORARY)?\s+)?VIEW\b")


def find(context: Context) -> Iterator[Proposal]:
    """A DROP TABLE that PostgreSQL refuses while something known depends on the table."""
    tokens = context.parsed.tokens
    if context.parsed.kind != "DROP TABLE" or tokens[-1].word in ("CASCADE", ";"):
        return
    name = folded(unquoted(tokens[-1].text))
    dependents = [
        table.name
        for table in context.catalog
        if folded(table.name) != name and (_refers(table, name) or _uses(table, name))
    ]
    dependents += [view for view in _views_before(context, name) if view not in dependents]
    if dependents:
        message = (
            f"PostgreSQL does not drop what others depend on ({', '.join(dependents)}), SQLite does; "
            "CASCADE drops their constraints and views as well"
        )
        yield Proposal(tokens[-1].span, (insert(tokens[-1].end, " CASCADE"),), message=message)


def _refers(table: Table, name: str) -> bool:
    return any(folded(key.table) == name for key in table.foreign_keys)


def _uses(table: Table, name: str) -> bool:
    return table.kind == "view" and any(folded(unquoted(token.text)) == name for token in tokenize(table.sql))


def _views_before(context: Context, name: str) -> Iterator[str]:
    """Views of the table that the same script made: SQLite cannot read them any more once the table is gone."""
    for statement in context.before:
        if not _VIEW.match(statement):
            continue
        words = [folded(unquoted(token.text)) for token in tokenize(statement)]
        if name in words[words.index("view") + 1 :]:
            yield next(word for word in words[words.index("view") + 1 :] if word not in ("if", "not", "exists"))
