"""Names that SQLite keeps apart and PostgreSQL does not: keys and indexes share the names of tables there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlport.catalog.names import kept, quote
from sqlport.model import Applicability, Effect, Finding, Severity
from sqlport.sql.ddl import read_create_table
from sqlport.sql.tokens import tokenize

if TYPE_CHECKING:
    from sqlport.catalog import Catalog
    from sqlport.sql.definitions import Constraint, CreateTable, Name

_MESSAGE = "keys share one space of names with tables and indexes in PostgreSQL, where {name} is taken: it is {other}"


class Names:
    """The names of a schema that are taken: tables, views, indexes, and the keys that were named so far."""

    def __init__(self, catalog: Catalog, *, keys: bool = False) -> None:
        """With `keys` the names of the keys of these tables are taken, too."""
        self._taken = {kept(table.name) for table in catalog if not table.temporary}
        self._taken |= {kept(index.name) for table in catalog for index in table.indexes if index.sql}
        if keys:
            self._taken |= {name for table in catalog for name in _names_of_keys(table.sql)}

    def apart(self, text: str, written: CreateTable) -> tuple[str, tuple[Finding, ...]]:
        """A CREATE TABLE whose named keys have names of their own, and what was renamed."""
        findings: list[Finding] = []
        edits: list[tuple[Name, str]] = []
        for constraint in _keys(written):
            assert constraint.name is not None
            name = kept(constraint.name.text)
            if name in self._taken:
                other = self._free(kept(f"{written.name.text}_{constraint.name.text}"))
                edits.append((constraint.name, other))
                findings.append(_renamed(constraint.name, other))
                name = other
            self._taken.add(name)
        for written_name, other in reversed(edits):
            text = text[: written_name.span.start] + quote(other) + text[written_name.span.end :]
        return text, tuple(findings)

    def _free(self, name: str) -> str:
        tried = name
        number = 1
        while tried in self._taken:
            number += 1
            tried = f"{name[:58]}_{number}"
        return tried


def _keys(written: CreateTable) -> Iterator[Constraint]:
    """The named keys, in the order of the text."""
    constraints = [each for column in written.columns for each in column.constraints]
    for constraint in (*constraints, *written.constraints):
        if constraint.kind in ("primary key", "unique") and constraint.name is not None:
            yield constraint


def _names_of_keys(sql: str) -> Iterator[str]:
    if "CONSTRAINT" not in sql.upper():
        return
    written = read_create_table(sql, tokenize(sql))
    for constraint in _keys(written) if written else ():
        yield kept(constraint.name.text if constraint.name else "")


def _renamed(name: Name, other: str) -> Finding:
    message = _MESSAGE.format(name=name.text, other=other)
    code, title = "IDX002", "index-name-collision"
    return Finding(code, title, Effect.REJECTED, Severity.ERROR, message, name.span, Applicability.SAFE, applied=True)
