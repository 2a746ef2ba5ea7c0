"""SQLite's tables about tables as queries of PostgreSQL's catalogue, with just the columns that are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._json import string
from sqlport.model import Applicability
from sqlport.sql import Rewrite

ALL = "*"


@dataclass(frozen=True, slots=True)
class View:
    """A query that stands for a table of SQLite's: its columns as expressions, and what they are read from."""

    columns: Mapping[str, str]
    source: str

    def query(self, used: frozenset[str]) -> str:
        """The query with the columns that are used."""
        names = [name for name in self.columns if name in used] or list(self.columns)[:1]
        items = [_item(self.columns[name], name) for name in names]
        return " ".join(["SELECT", ", ".join(items), "FROM", self.source])


def _item(expression: str, name: str) -> str:
    from sqlport.catalog.names import quote

    return expression if expression == name else f"{expression} AS {quote(name)}"


def used_columns(table: exp.Table, known: frozenset[str]) -> frozenset[str]:
    """The columns of this table that its query reads; `*` where it reads all of them."""
    select = table.find_ancestor(exp.Select)
    if select is None:
        return frozenset([ALL])
    if any(isinstance(item, exp.Star) for item in select.expressions):
        return frozenset([ALL])
    labels = {item.alias.lower() for item in select.expressions if isinstance(item, exp.Alias)}
    names = {str(table.alias or table.name or table.this.name).lower()}
    found: set[str] = set()
    for column in select.find_all(exp.Column):
        name, qualifier = column.name.lower(), column.table.lower()
        if qualifier in names or (not qualifier and (name in known or name not in labels)):
            found.add(name if not isinstance(column.this, exp.Star) else ALL)
    return frozenset(found)


def derived(context: Context, table: exp.Table, query: str, **options: object) -> Proposal:
    """The table in FROM replaced by a query under the name that it has there."""
    span = context.parsed.span(table)
    alias = table.alias or (table.this.this if isinstance(table.this, exp.Anonymous) else table.name)
    applicability = options.get("applicability")
    assert applicability is None or isinstance(applicability, Applicability)
    rewrite = Rewrite(span.start, span.end, (f"({query}) AS {alias}",))
    return Proposal(span, (rewrite,), applicability, condition=str(options.get("condition", "")))


def tables(context: Context, *names: str) -> Iterator[tuple[str, exp.Table]]:
    """Every table in FROM that has one of these names."""
    for table in context.parsed.nodes(exp.Table):
        if isinstance(table.this, exp.Identifier) and table.name.lower() in names:
            yield table.name.lower(), table


def functions(context: Context, *names: str) -> Iterator[tuple[exp.Anonymous, exp.Table]]:
    """Every table-valued function in FROM that has one of these names (without arguments it is a table)."""
    for call in context.parsed.calls(*names):
        if isinstance(call.parent, exp.Table):
            yield call, call.parent


def literal_name(call: exp.Anonymous) -> str | None:
    """The name of the object that a function is asked about, where it is written."""
    argument = call.expressions[0] if len(call.expressions) == 1 else None
    return str(argument.this) if isinstance(argument, exp.Literal) and argument.is_string else None


def regclass(name: str) -> str:
    """A table or an index, or NULL where there is none."""
    from sqlport.catalog.names import quote

    return f"to_regclass({string(quote(name))})"
