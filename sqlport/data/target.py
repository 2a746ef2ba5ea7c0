"""The PostgreSQL side of a copy: what tables are there, and which of their columns rows can go to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

_COLUMNS = """
WITH RECURSIVE plain (type, base, modifier) AS (
    SELECT oid, oid, -1 FROM pg_type WHERE typtype <> 'd'
    UNION ALL
    SELECT t.oid, p.base, CASE WHEN t.typtypmod >= 0 THEN t.typtypmod ELSE p.modifier END
    FROM pg_type t JOIN plain p ON t.typbasetype = p.type AND t.typtype = 'd'
)
SELECT c.relname, a.attname,
       CASE WHEN b.typtype = 'e' THEN 'text'
            ELSE format_type(p.base, CASE WHEN p.modifier >= 0 THEN p.modifier ELSE a.atttypmod END) END,
       a.attnotnull, a.attidentity <> '', a.attgenerated <> '', a.attidentity = 'a',
       a.atthasdef OR t.typdefault IS NOT NULL,
       ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = b.oid ORDER BY e.enumsortorder),
       coalesce(pg_get_serial_sequence(quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attname), '')
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
JOIN plain p ON p.type = a.atttypid
JOIN pg_type b ON b.oid = p.base
WHERE n.nspname = %s AND c.relkind IN ('r', 'p')
ORDER BY c.relname COLLATE "C", a.attnum
"""
_TABLES = (
    "SELECT relname, relispartition FROM pg_class WHERE relnamespace = to_regnamespace(%s) AND relkind IN ('r', 'p')"
)
_KEYS = """
SELECT c.relname, x.indisprimary, ARRAY(SELECT a.attname::text FROM unnest(x.indkey) WITH ORDINALITY u (num, place)
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.num ORDER BY u.place)
FROM pg_index x
JOIN pg_class c ON c.oid = x.indrelid
WHERE c.relnamespace = to_regnamespace(%s) AND x.indisunique AND x.indpred IS NULL AND x.indexprs IS NULL
  AND NOT EXISTS (SELECT FROM pg_attribute a
                  WHERE a.attrelid = c.oid AND a.attnum = ANY (x.indkey) AND NOT a.attnotnull)
ORDER BY x.indisprimary, x.indnatts DESC, x.indexrelid DESC
"""


@dataclass(frozen=True, slots=True)
class TargetColumn:
    """A column of a table that is there. `type` is that of its values (of a domain the type under it).

    `default` tells that a row may leave it out, `labels` are the values of an enum, and `sequence` counts its
    values, empty where none does.
    """

    name: str
    type: str
    not_null: bool
    identity: bool
    generated: bool
    always: bool
    default: bool
    labels: tuple[str, ...]
    sequence: str

    @property
    def must(self) -> bool:
        """Whether every row has to come with a value."""
        return self.not_null and not (self.default or self.identity or self.generated)


@dataclass(frozen=True, slots=True)
class TargetTable:
    """A table that is there; `key` tells its rows apart, empty where nothing does.

    `partition` tells that its rows are those of another table.
    """

    name: str
    columns: tuple[TargetColumn, ...]
    key: tuple[str, ...] = ()
    partition: bool = False

    def column(self, name: str) -> TargetColumn | None:
        """The column of this name."""
        return next((each for each in self.columns if each.name == name), None)


def tables_of(connection: psycopg.Connection[Any], schema: str) -> Mapping[str, TargetTable]:
    """The tables of a schema by name; none for a schema that is not there."""
    from sqlport.data.plan import exact

    tables = dict(connection.execute(_TABLES, (exact(schema),)).fetchall())
    columns: dict[str, list[TargetColumn]] = {name: [] for name in tables}
    for table, *rest in connection.execute(_COLUMNS, (schema,)).fetchall():
        columns[table].append(_column(*rest))
    keys = {table: tuple(key) for table, _, key in connection.execute(_KEYS, (exact(schema),)).fetchall()}
    return {name: TargetTable(name, tuple(columns[name]), keys.get(name, ()), tables[name]) for name in tables}


def _column(
    name: str,
    type_: str,
    not_null: bool,
    identity: bool,
    generated: bool,
    always: bool,
    default: bool,
    labels: Sequence[str],
    sequence: str,
) -> TargetColumn:
    return TargetColumn(name, type_, not_null, identity, generated, always, default, tuple(labels), sequence)


def is_filled(connection: psycopg.Connection[Any], schema: str, table: str) -> bool:
    """Whether the table has a row."""
    from sqlport.data.plan import in_schema

    query = f"SELECT EXISTS (SELECT FROM {in_schema(schema, table)})"
    row = connection.execute(query.encode()).fetchone()
    return bool(row and row[0])


def sequences_behind(
    connection: psycopg.Connection[Any], schema: str, names: Mapping[str, TargetTable]
) -> Iterator[tuple[str, str, str, int, int]]:
    """Table, column and sequence whose next number would not be beyond the largest value, with last and largest."""
    from sqlport.data.plan import exact, in_schema

    for table in names.values():
        for column in table.columns:
            if not column.sequence:
                continue
            query = (
                f"SELECT coalesce((SELECT max({exact(column.name)}) FROM {in_schema(schema, table.name)}), 0),"
                f" CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM {column.sequence}"
            )
            row = connection.execute(query.encode()).fetchone()
            assert row is not None  # a sequence has one row
            if int(row[1]) < int(row[0]):
                yield table.name, column.name, column.sequence, int(row[1]), int(row[0])
