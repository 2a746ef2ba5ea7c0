"""Each SQLite migration ported in place, with the tables that there are when it runs."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlport.catalog import Catalog, from_sqlite, is_definition
from sqlport.catalog.names import folded
from sqlport.catalog.scripts import advice, for_postgres, scripts, up_part
from sqlport.model import SqlportError
from sqlport.schema._keys import ForeignKeys, without
from sqlport.schema._names import Names
from sqlport.script import Part, Script
from sqlport.sql import apply, read, split
from sqlport.sql.ddl import read_alter_table, read_create_table, unquoted
from sqlport.sql.tokens import tokenize

if TYPE_CHECKING:
    from sqlport.catalog import Table
    from sqlport.model import Edit, Finding, Target
    from sqlport.rulebook import Rulebook

_OF_SQLITE = frozenset("PRAGMA VACUUM ATTACH DETACH REINDEX ANALYZE BEGIN COMMIT END ROLLBACK".split())


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration: `name` is the file's path below the folder, `left` what a person has to look at."""

    name: str
    sql: str
    left: tuple[str, ...] = ()


def port_migrations(folder: Path, target: Target, book: Rulebook) -> list[Migration]:
    """Port every migration of a folder, in the order in which SQLite runs them.

    Statements about the connection (PRAGMA, BEGIN, VACUUM) become comments. Where a table is rebuilt, PostgreSQL
    drops the foreign keys that refer to it with it: they are added again behind the last statement.
    Raises SqlportError where there are no migrations, or SQLite refuses one.
    """
    from sqlport.catalog.scratch import new_scratch

    found = scripts(folder) if folder.is_dir() or folder.suffix.lower() == ".sql" else []
    if not found:
        raise SqlportError(f"{folder}: holds no .sql file, so there are no migrations to port one by one")
    base = folder if folder.is_dir() else folder.parent
    with closing(new_scratch()) as connection:
        porting = _Porting(connection, target, book, advice(folder))
        migrations = [porting.port(file.relative_to(base).as_posix(), up_part(file)) for file in found]
    lines = [f"-- no table {name} was made: {sql}" for name, sql in porting.waiting]
    last = migrations[-1]
    migrations[-1] = replace(last, sql=last.sql + "".join(f"{line}\n" for line in lines), left=(*last.left, *lines))
    return [replace(migration, name=for_postgres(migration.name)) for migration in migrations]


class _Porting:
    """One migration on its way: SQLite runs each statement, and what it made is known to the port of it."""

    def __init__(self, connection: sqlite3.Connection, target: Target, book: Rulebook, advice: str) -> None:
        self._advice = advice
        self._connection = connection
        self._target = target
        self._book = book
        self._left: list[str] = []
        self._extended = False
        self.waiting: list[tuple[str, str]] = []

    def port(self, name: str, text: str) -> Migration:
        from sqlport.model import Edit

        self._left = []
        before = catalog = from_sqlite(self._connection).catalog
        texts = [piece.span.of(text) for piece in split(text)]
        script = Script(texts)
        edits: list[Edit] = []
        for number, piece in enumerate(split(text)):
            sql = texts[number]
            line = text.count("\n", 0, piece.span.start) + 1
            if piece.dot_command or read(sql).kind.split(" ")[0] in _OF_SQLITE:
                self._run(sql, f"{name}:{line}", lenient=True)
                edits.append(Edit(piece.span.start, piece.span.start, "-- "))
                edits += _commented(text, piece.span.start, piece.span.end)
                continue
            self._run(sql, f"{name}:{line}", lenient=not is_definition(sql))
            after = from_sqlite(self._connection).catalog if is_definition(sql) else catalog
            made = self._statement(sql, catalog.overlaid(after), script.around(number), f"{name}:{line}")
            edits += [Edit(edit.start + piece.span.start, edit.end + piece.span.start, edit.text) for edit in made]
            catalog = after
        again = [*self._keys_again(texts, before, catalog), *self._arrived(catalog)]
        ported = apply(text, edits).rstrip()
        if ported and not ported.endswith(";") and "--" not in ported.rsplit("\n", 1)[-1]:
            ported += ";"
        if "citext" in ported and not self._extended:
            self._extended = True
            ported = f"CREATE EXTENSION IF NOT EXISTS citext;\n{ported}"
        return Migration(name, "\n".join([ported, *again, ""]), tuple(self._left))

    def _run(self, sql: str, place: str, *, lenient: bool) -> None:
        try:
            self._connection.execute(sql)
        except (sqlite3.Error, sqlite3.Warning) as error:
            if not lenient:
                raise SqlportError(f"{place}: SQLite refuses this statement: {error}{self._advice}") from None

    def _statement(self, sql: str, catalog: Catalog, others: tuple[Part, Part], place: str) -> tuple[Edit, ...]:
        from sqlport.porting import Request, port_statement

        request = Request(
            self._target,
            catalog,
            self._book,
            lambda rule: True,
            unsafe=True,
            speaks_target=True,
            before=others[0],
            after=others[1],
        )
        ported = port_statement(sql, (), request)
        for finding in ported.findings:
            if not finding.applied and finding.effect in ("rejected", "differs") and not _is_moot(finding, sql):
                self._left.append(f"{place}: {finding.code} {finding.message}")
        return self._table(sql, ported.sql, catalog) or ported.edits

    def _table(self, original: str, text: str, catalog: Catalog) -> tuple[Edit, ...]:
        """A new table without the keys to tables that are not there yet, and with names of its own for its keys.

        Those keys wait for their tables. While a table is rebuilt, the old one still has the names.
        """
        from sqlport.model import Edit

        written = read_create_table(text, tokenize(text))
        table = catalog.table(written.name.text) if written else None
        if written is None or table is None:
            return ()
        there = from_sqlite(self._connection).catalog
        others_there = Catalog.of(each for each in there if folded(each.name) != folded(table.name))
        named, renamed = Names(others_there, keys=True).apart(text, written)
        if renamed:
            text = named
            written = read_create_table(text, tokenize(text)) or written
        others = {folded(other.name) for other in there}
        cut = []
        for key in ForeignKeys(there, table, others).moved(text, written):
            if key.table not in others:
                cut.append(key.span)
                self.waiting.append((key.table, f"{key.alter};"))
        return (Edit(0, len(original), without(text, written, cut)),) if cut or renamed else ()

    def _arrived(self, catalog: Catalog) -> Iterator[str]:
        """The keys that have waited for tables which are there now."""
        waiting, self.waiting = self.waiting, []
        for name, sql in waiting:
            if name in catalog:
                yield sql
            else:
                self.waiting.append((name, sql))

    def _keys_again(self, texts: Sequence[str], before: Catalog, after: Catalog) -> Iterator[str]:
        """The keys of tables that stay to tables that the migration dropped and made again under their names."""
        dropped = {name: at for at, name in _dropped(texts) if name in before and name in after}
        made = _made(texts)
        for table in after:
            if table.kind != "table":
                continue
            at, named = made.get(folded(table.name), (-1, None))
            lost = {name for name, when in dropped.items() if at < when and (named is None or name in named)}
            if any(folded(key.table) in lost for key in table.foreign_keys):
                yield from _keys(table, after, lost)


def _is_moot(finding: Finding, sql: str) -> bool:
    """Whether what a rule says means nothing in a migration.

    DDL009: a foreign key to a table that comes later is moved. TXN006: the migration is one transaction in any
    case. DDL016: the rows that a rebuilt table is filled with were there before, and keep their keys.
    """
    filled = finding.code == "DDL016" and bool(re.match(r"(?is)\s*(?:INSERT|REPLACE)\b.*\bSELECT\b", sql))
    return filled or finding.code in ("DDL009", "TXN006")


def _keys(table: Table, catalog: Catalog, rebuilt: set[str]) -> Iterator[str]:
    written = read_create_table(table.sql, tokenize(table.sql))
    if written is None:
        return
    others = {folded(other.name) for other in catalog} - rebuilt
    own = folded(table.name) in rebuilt
    for key in ForeignKeys(catalog, table, others, own=own).moved(table.sql, written):
        if not key.reason:
            yield f"{key.alter};"


def _dropped(texts: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The tables that are dropped, with the number of the statement."""
    for number, sql in enumerate(texts):
        parsed = read(sql)
        if parsed.kind == "DROP TABLE":
            words = [token.text for token in parsed.tokens if token.text != ";"]
            yield number, folded(unquoted(words[-1]))


def _made(texts: Sequence[str]) -> dict[str, tuple[int, frozenset[str] | None]]:
    """The tables that the migration makes, under their last name.

    With the number of the statement and the tables that their keys name there: a key to the table itself, under
    the name that it has while it is made, goes with it when it is renamed.
    """
    made: dict[str, tuple[int, frozenset[str] | None]] = {}
    for number, sql in enumerate(texts):
        parsed = read(sql)
        created = read_create_table(sql, parsed.tokens) if parsed.kind == "CREATE TABLE" else None
        altered = read_alter_table(sql, parsed.tokens) if parsed.kind == "ALTER TABLE" else None
        if created is not None:
            constraints = [*(each for column in created.columns for each in column.constraints), *created.constraints]
            names = frozenset(folded(each.references.table.text) for each in constraints if each.references)
            made[folded(created.name.text)] = number, names
        elif altered is not None and altered.new is not None and altered.action == "rename table":
            made[folded(altered.new.text)] = made.pop(folded(altered.table.text), (-1, None))
    return made


def _commented(text: str, start: int, end: int) -> Iterator[Edit]:
    """`-- ` before the later lines of what becomes a comment."""
    from sqlport.model import Edit

    at = text.find("\n", start, end)
    while at >= 0:
        yield Edit(at + 1, at + 1, "-- ")
        at = text.find("\n", at + 1, end)
