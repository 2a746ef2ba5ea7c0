"""IDN005: names in double quotes with capital letters, which PostgreSQL takes literally."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.catalog.names import folded
from sqlport.fixers import Context, Proposal
from sqlport.fixers._double_quotes import is_string
from sqlport.fixers._identifiers import names, written
from sqlport.fixers._quoting import kept_apart
from sqlport.model import Applicability
from sqlport.sql import replace

_UNKNOWN = "it names a column: without one of that name SQLite takes it for a string"


def find(context: Context) -> Iterator[Proposal]:
    """Every such name that is no result label, and unquoted names of labels that keep their case."""
    for name in names(context):
        if name.quoting != '"' or name.role in ("label", "bare label") or folded(name.value) == name.value:
            continue
        column = name.node.parent if name.node is not None else None
        applicability, condition = None, ""
        if name.role == "column" and isinstance(column, exp.Column) and not column.table:
            if is_string(context, column):
                continue
            if context.semantics.is_column(column) is None:
                applicability, condition = Applicability.UNSAFE, _UNKNOWN
        text = written(context, name)
        if text != name.span.of(context.parsed.text):
            apart = kept_apart(context.parsed.text, name.span, text)
            yield Proposal(name.span, (replace(name.span, apart),), applicability, condition=condition)
