"""`data check`: every kind of misfit of a file with its count and examples, found without writing anything."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlport.catalog.names import folded, quoted
from sqlport.data.careful import Misfit, literal
from sqlport.data.job import Event
from sqlport.data.match import Matched, wants
from sqlport.data.plan import Table
from sqlport.data.policy import KINDS, Policies
from sqlport.data.source import Namer, Snapshot, batches

if TYPE_CHECKING:
    from sqlport.catalog import Catalog
    from sqlport.catalog import Table as SqliteTable

_EXAMPLES: Final = 3
_FAMILY_RULES: Final[Mapping[str, str]] = {
    "integer-too-large": "clamp",
    "too-long": "cut",
    "nul-in-text": "strip-nul",
    "invalid-utf8": "latin1",
    "text-in-integer": "number",
    "real-in-integer": "round",
    "text-in-real": "number",
    "integer-in-real": "real",
    "text-in-numeric": "number",
    "integer-in-text": "text",
    "real-in-text": "text",
    "blob-in-text": "text",
    "text-in-blob": "bytes",
    "empty-in-blob": "bytes",
    "text-in-boolean": "boolean",
    "integer-in-boolean": "nonzero",
    "text-in-date": "date",
    "real-in-date": "julian",
    "integer-in-interval": "microseconds",
    "real-in-interval": "seconds",
    "integer-in-json": "text",
    "real-in-json": "text",
    "orphan": "keep",
}
"""The rule that is worth a try first; an empty text has `empty-null`."""


@dataclass(slots=True)
class Found:
    """The misfits of one kind in a column (or of a key): how many, and the first of them.

    `fails`, `rejected` and `coerced` tell what the policies would do with how many.
    """

    table: str
    column: str
    kind: str
    fails: int = 0
    rejected: int = 0
    coerced: int = 0
    examples: list[Misfit] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many there are."""
        return self.fails + self.rejected + self.coerced

    @property
    def name(self) -> str:
        """Table and column, where it is about one."""
        return f"{self.table}.{self.column}" if self.column else self.table

    def add(self, misfit: Misfit) -> None:
        """Count one more."""
        self.fails += misfit.done == "fail"
        self.rejected += misfit.done == "reject"
        self.coerced += misfit.done.startswith("coerce")
        if len(self.examples) < _EXAMPLES:
            self.examples.append(misfit)

    def lines(self) -> Iterator[str]:
        """What it is, examples, and what can be done."""
        done = [(self.fails, "fail"), (self.rejected, "reject"), (self.coerced, "coerce")]
        told = ", ".join(f"{count} {word}" for count, word in done if count)
        yield f"{self.name}: {self.count} {self.kind} ({KINDS[self.kind]}): {told}"
        for misfit in self.examples:
            yield f"    {misfit.row}: {misfit.value}"
        rule = self.rule()
        if self.fails and rule:
            yield f"    for example --policy {self.name}=coerce:{rule}, or =reject"

    def rule(self) -> str:
        """The rule to try first, empty where only the row can go."""
        if self.kind == "integer-in-date":
            return _unit([misfit.value for misfit in self.examples])
        return "empty-null" if self.kind.startswith("empty-") else _FAMILY_RULES.get(self.kind, "")


def _unit(values: Sequence[str]) -> str:
    """What numbers in a column of dates count, by their size: 1973 to 2286, or Julian days of 1900 to 2100."""
    sizes = [abs(int(value)) for value in values]
    if all(10**8 <= size < 10**10 for size in sizes):
        return "seconds"
    if all(10**11 <= size < 10**13 for size in sizes):
        return "milliseconds"
    return "julian" if all(2_415_020 <= size <= 2_488_070 for size in sizes) else "seconds"


@dataclass(frozen=True, slots=True)
class Checked:
    """All that would not go as it is. `problems` are about the file: damage, broken constraints."""

    tables: int
    rows: int
    found: tuple[Found, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Whether `data copy` would lose and change nothing."""
        return not self.problems and not any(each.fails or each.rejected for each in self.found)

    def lines(self) -> Iterator[str]:
        """The report."""
        for each in self.found:
            yield from each.lines()
        yield from self.problems
        yield from self.notes
        count = sum(each.count for each in self.found)
        kinds = len({each.kind for each in self.found})
        what = f"{count} values of {kinds} kinds do not fit" if count else "every value fits"
        what += ", but see above" if self.problems and not count else ""
        yield f"{self.tables} tables, {self.rows} rows: {what}"


def check(source: Snapshot, catalog: Catalog, matched: Matched, policies: Policies, event: Event) -> Checked:
    """Look at every value, and at the keys that PostgreSQL compares in its own way. Raises SqlportError for damage."""
    found: dict[tuple[str, str, str], Found] = {}

    def tell(misfit: Misfit) -> None:
        place = misfit.table, misfit.column, misfit.kind
        found.setdefault(place, Found(*place)).add(misfit)

    rows = 0
    for table in matched.tables:
        event("table", {"table": table.source, "total": source.count(table)})
        size = 0
        for batch in batches(source, table, policies, tell, strict=True, lenient=True):
            size += sum(map(len, batch.rows))
            event("rows", {"table": table.source, "rows": batch.end, "bytes": size})
            rows += batch.end - batch.first
        original = catalog.table(table.source)
        if original is not None:
            for look in (_unchecked, _duplicates):
                for misfit in look(source, table, original, policies):
                    tell(misfit)
            for misfit in _nulls(source, table, policies):
                tell(misfit)
    for misfit in _orphans(source, catalog, matched, policies):
        tell(misfit)
    problems = (*(wants(matched, name) for name in matched.wanting), *_damage(source))
    return Checked(len(matched.tables), rows, tuple(found.values()), problems, matched.notes)


def _done(policies: Policies, table: str, column: str, kind: str) -> str:
    policy = policies.of(table, column, kind)
    if policy.action == "coerce" and not (kind == "orphan" and {"null", "keep"} & set(policy.rules)):
        return "fail"
    return str(policy)


def _nulls(source: Snapshot, table: Table, policies: Policies) -> Iterator[Misfit]:
    """NULL where PostgreSQL takes none: SQLite lets it into a primary key that is no INTEGER."""
    for place, column in enumerate(table.columns):
        if not column.not_null:
            continue
        name, namer = quoted(column.source), Namer(source, table)
        if not source.connection.execute(
            f"SELECT EXISTS (SELECT 1 FROM {quoted(table.source)} WHERE {name} IS NULL)"
        ).fetchone()[0]:
            continue
        for position, row in enumerate(source.connection.execute(table.select, (0,))):
            if row[place] is None:
                done = _done(policies, table.source, column.source, "null")
                yield Misfit(table.source, column.source, "null", namer(position, row), "NULL", done)


def _unchecked(source: Snapshot, table: Table, original: SqliteTable, policies: Policies) -> Iterator[Misfit]:
    """Rows that a CHECK refuses: they can be there from before it, or from a program that had it ignored.

    SQLite's own quick_check does not look, since a file that is opened read-only has no CHECKs for it.
    """
    names = ", ".join(quoted(column.source) for column in table.columns)
    for check in original.checks:
        query = f"SELECT {names} FROM {quoted(table.source)} WHERE NOT ({check})"
        try:
            for values in source.connection.execute(query):
                pairs = list(zip(table.columns, values, strict=True))
                shown = [pair for pair in pairs if pair[0].name in table.key] or pairs[:4]
                row = ", ".join(f"{column.source} = {literal(value)}" for column, value in shown)
                yield Misfit(
                    table.source, "", "refused", row, f"CHECK ({check})", str(policies.of(table.source, "", "refused"))
                )
        except sqlite3.OperationalError:
            continue  # it calls a function that only the application has; PostgreSQL has the last word


def _duplicates(source: Snapshot, table: Table, original: SqliteTable, policies: Policies) -> Iterator[Misfit]:
    """Keys of citext that are equal but for the case of letters beyond ASCII, which SQLite's NOCASE tells apart."""
    names = {folded(column.source): column.source for column in table.columns}
    folding = {folded(column.source) for column in table.columns if column.wire.name.endswith("citext")}
    for key in original.unique:
        if (
            not key.is_plain
            or folding.isdisjoint(map(folded, key.columns))
            or not all(folded(each) in names for each in key.columns)
        ):
            continue
        columns = [names[folded(each)] for each in key.columns]
        lowered = [
            by == "NOCASE" and folded(each) in folding for each, by in zip(key.columns, key.collations, strict=True)
        ]
        listed = ", ".join(map(quoted, columns))
        seen: set[int] = set()
        query = f"SELECT {listed} FROM {quoted(table.source)} ORDER BY {table.order}"
        for values in source.connection.execute(query):
            if None in values:
                continue
            compared = tuple(
                value.decode("utf-8", "replace").lower()
                if isinstance(value, bytearray) and nocase
                else bytes(value)
                if isinstance(value, bytearray)
                else value
                for value, nocase in zip(values, lowered, strict=True)
            )
            if hash(compared) in seen:
                row = ", ".join(f"{name} = {literal(value)}" for name, value in zip(columns, values, strict=True))
                done = _done(policies, table.source, columns[0], "duplicate")
                yield Misfit(table.source, ", ".join(columns), "duplicate", row, literal(values[0]), done)
            seen.add(hash(compared))


def _orphans(source: Snapshot, catalog: Catalog, matched: Matched, policies: Policies) -> Iterator[Misfit]:
    """Rows that refer to what is not there (https://www.sqlite.org/pragma.html#pragma_foreign_key_check)."""
    for table in matched.tables:
        original = catalog.table(table.source)
        if original is None or not original.foreign_keys:
            continue
        try:
            rows = source.connection.execute(f"PRAGMA foreign_key_check({quoted(table.source)})")
            listed = source.connection.execute(
                f'SELECT id, "from" FROM pragma_foreign_key_list({_text(table.source)}) ORDER BY id, seq'
            ).fetchall()
            for _, rowid, parent, number in rows:
                columns = [raw.decode() for place, raw in listed if place == number]
                done = _done(policies, table.source, columns[0], "orphan")
                where = f"rowid {rowid}" if rowid is not None else "a row"
                what = f"refers to a row of {parent.decode()} that is not there"
                yield Misfit(table.source, ", ".join(columns), "orphan", where, what, done)
        except sqlite3.OperationalError:
            continue  # a key that SQLite cannot check either, and which the port of the schema leaves out by name


def _text(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


def _damage(source: Snapshot) -> Iterator[str]:
    """What SQLite itself says of the file (https://www.sqlite.org/pragma.html#pragma_quick_check)."""
    for (line,) in source.connection.execute("PRAGMA quick_check(20)"):
        text = line.decode("utf-8", "replace")
        if text != "ok":
            yield f"SQLite's quick_check: {text}"
