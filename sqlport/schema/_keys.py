"""Foreign keys of a ported table that cannot stand in its CREATE TABLE: cut out, and added when they can be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlport.catalog.keys import clause, foreign_keys
from sqlport.catalog.names import folded, quote
from sqlport.model import Span

if TYPE_CHECKING:
    from sqlport.catalog import Catalog, Table
    from sqlport.sql.definitions import CreateTable


@dataclass(frozen=True, slots=True)
class MovedKey:
    """A key to `table` (folded) that is taken out at `span`.

    `alter` adds it later, unless a `reason` says why it cannot be.
    """

    span: Span
    table: str
    name: str
    columns: tuple[str, ...]
    clause: str
    alter: str
    reason: str = ""


class ForeignKeys:
    """Decides for each key of a table whether PostgreSQL takes it where it stands."""

    def __init__(self, catalog: Catalog, table: Table, placed: Iterable[str], *, own: bool = False) -> None:
        """`placed` are the tables that are there already; with `own` a key to the table itself is taken out, too."""
        self._catalog = catalog
        self._table = table
        self._placed = placed
        self._own = own

    def moved(self, text: str, written: CreateTable) -> Iterator[MovedKey]:
        """The keys that are to be taken out of the text, the original or the port."""
        for columns, constraint in foreign_keys(written):
            references = constraint.references
            assert references is not None
            named = tuple(term.name.text for term in references.columns if term.name)
            reason, later = self._verdict(references.table.text, named)
            if not reason and not later:
                continue
            name = constraint.name.text if constraint.name else ""
            alter = self._alter(name, columns, clause(references))
            written_as = references.span.of(text)
            yield MovedKey(constraint.span, folded(references.table.text), name, columns, written_as, alter, reason)

    def _verdict(self, parent_name: str, named: tuple[str, ...]) -> tuple[str, bool]:
        """Why it can never be, and whether it can be only later."""
        name = folded(parent_name)
        parent = self._catalog.table(parent_name)
        if parent is None or parent.kind != "table":
            return f"there is no table {parent_name} to refer to", False
        columns = named or parent.primary_key
        if not columns or any(parent.column(column) is None for column in columns):
            return f"{parent_name} has no such column, or no primary key", False
        key = parent.unique_over(columns)
        if key is None or not key.is_plain:
            return f"nothing keeps {parent_name} ({', '.join(columns)}) unique", False
        if name == folded(self._table.name):
            return "", key.origin == "index" or self._own
        return "", key.origin == "index" or name not in self._placed

    def _alter(self, name: str, columns: tuple[str, ...], refers: str) -> str:
        named = f"CONSTRAINT {quote(name)} " if name else ""
        listed = ", ".join(map(quote, columns))
        return f"ALTER TABLE {quote(self._table.name)} ADD {named}FOREIGN KEY ({listed}) {refers}"


def without(text: str, written: CreateTable, cut: Sequence[Span]) -> str:
    """The CREATE TABLE without the constraints at these spans, and without the commas before them.

    A line's end stays: it may be that of a comment.
    """
    spans = []
    for span in cut:
        start = span.start
        for constraint in written.constraints:
            if constraint.span == span and constraint.comma is not None:
                start = constraint.comma.start
        while start and text[start - 1] in " \t":
            start -= 1
        spans.append(Span(start, span.end))
    for span in sorted(spans, reverse=True):
        text = text[: span.start] + text[span.end :]
    return text
