"""The shape of a PostgreSQL schema, read from its system catalogues with a handful of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlport.engines.server import DATABASE_LOCALE
from sqlport.schema.shape import ColumnShape, IndexShape, KeyShape, Shape, TableShape, TriggerShape

if TYPE_CHECKING:
    import psycopg
    from typing_extensions import LiteralString

_RELATIONS = """
SELECT c.relname, c.relkind IN ('v', 'm') AS is_view,
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) ELSE '' END
FROM pg_class c
WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY c.relname COLLATE "C"
"""
_COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity <> '',
       coalesce(CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END, ''),
       coalesce(CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END, ''),
       coalesce(CASE WHEN l.collprovider = 'd' THEN %(locale)s ELSE l.collname END, '')
FROM pg_attribute a
LEFT JOIN pg_collation l ON l.oid = a.attcollation
JOIN pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
  AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""
_CONSTRAINTS = """
SELECT c.relname, k.contype::text,
       CASE WHEN k.contype = 'x' THEN ARRAY(
                SELECT pg_get_indexdef(k.conindid, place, true) FROM generate_series(1, cardinality(k.conkey)) place)
            ELSE ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u (num, place)
                       JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num ORDER BY u.place) END,
       coalesce(p.relname, ''),
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u (num, place)
             JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num ORDER BY u.place),
       k.confdeltype::text, k.confupdtype::text, k.condeferrable, k.condeferred,
       coalesce(pg_get_expr(k.conbin, k.conrelid), '')
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
LEFT JOIN pg_class p ON p.oid = k.confrelid
WHERE c.relnamespace = %(schema)s::regnamespace AND k.contype IN ('p', 'u', 'f', 'c', 'x')
ORDER BY k.conrelid, k.oid
"""
_INDEXES = """
SELECT c.relname, i.relname, x.indisunique,
       ARRAY(SELECT pg_get_indexdef(x.indexrelid, place, true)
                    || CASE WHEN x.indoption[place - 1] & 1 = 1 THEN ' desc' ELSE '' END
                    || CASE x.indoption[place - 1] & 3 WHEN 1 THEN ' nulls last' WHEN 2 THEN ' nulls first' ELSE '' END
             FROM generate_series(1, x.indnkeyatts) place),
       coalesce(pg_get_expr(x.indpred, x.indrelid), '')
FROM pg_index x
JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_class c ON c.oid = x.indrelid
WHERE c.relnamespace = %(schema)s::regnamespace
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x'))
ORDER BY i.relname COLLATE "C"
"""
_TRIGGERS = """
SELECT c.relname, t.tgname, t.tgtype,
       ARRAY(SELECT a.attname::text FROM unnest(t.tgattr) num
             JOIN pg_attribute a ON a.attrelid = t.tgrelid AND a.attnum = num ORDER BY a.attname COLLATE "C"),
       p.prosrc, pg_get_triggerdef(t.oid)
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_proc p ON p.oid = t.tgfoid
WHERE c.relnamespace = %(schema)s::regnamespace AND NOT t.tgisinternal
ORDER BY t.tgname COLLATE "C"
"""
_SEQUENCES = """
SELECT c.relname, s.last_value
FROM pg_depend d
JOIN pg_class q ON q.oid = d.objid AND q.relkind = 'S'
JOIN pg_class c ON c.oid = d.refobjid
JOIN pg_sequences s ON s.schemaname = %(schema)s AND s.sequencename = q.relname
WHERE d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND c.relnamespace = %(schema)s::regnamespace
"""
_LOCALE: LiteralString = f"SELECT {DATABASE_LOCALE} FROM pg_database d WHERE datname = current_database()"
_SAME = {"POSIX": "C"}
_ACTIONS = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
_TIMINGS = ((64, "INSTEAD OF"), (2, "BEFORE"), (0, "AFTER"))  # pg_trigger.tgtype, include/catalog/pg_trigger.h
_EVENTS = ((4, "INSERT"), (8, "DELETE"), (16, "UPDATE"), (32, "TRUNCATE"))


def read_postgres(connection: psycopg.Connection[Any], schema: str = "public") -> Shape:
    """The tables and views of a schema. Only system catalogues are read.

    Tables of extensions do not belong to it. An exclusion constraint counts as a unique one: nothing but equal
    terms is ported to it. https://www.postgresql.org/docs/current/catalogs.html
    """
    row = connection.execute(_LOCALE).fetchone()
    places = {"schema": schema, "locale": row[0] if row else ""}
    found = {
        name: _grouped(connection.execute(query, places).fetchall())
        for name, query in (
            ("columns", _COLUMNS),
            ("constraints", _CONSTRAINTS),
            ("indexes", _INDEXES),
            ("triggers", _TRIGGERS),
            ("sequences", _SEQUENCES),
        )
    }
    tables: dict[str, TableShape] = {}
    views: dict[str, TableShape] = {}
    for name, is_view, definition in connection.execute(_RELATIONS, places).fetchall():
        (views if is_view else tables)[name] = _table(name, found, definition)
    return Shape(tables, views)


def _grouped(rows: list[tuple[Any, ...]]) -> Mapping[str, list[tuple[Any, ...]]]:
    """The rows by their first column, without it."""
    groups: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for name, *rest in rows:
        groups[name].append(tuple(rest))
    return groups


def _table(name: str, found: Mapping[str, Mapping[str, list[tuple[Any, ...]]]], definition: str) -> TableShape:
    constraints = found["constraints"].get(name, [])
    sequences = [value for (value,) in found["sequences"].get(name, []) if value is not None]
    return TableShape(
        name,
        tuple(
            ColumnShape(column, type_, not_null, default, identity, generated, collation=_SAME.get(by, by))
            for column, type_, not_null, identity, default, generated, by in found["columns"].get(name, [])
        ),
        next((tuple(row[1]) for row in constraints if row[0] == "p"), ()),
        tuple(sorted(tuple(row[1]) for row in constraints if row[0] in "ux")),
        tuple(sorted(_key(row) for row in constraints if row[0] == "f")),
        tuple(sorted(row[8] for row in constraints if row[0] == "c")),
        tuple(IndexShape(row[0], row[1], tuple(row[2]), row[3]) for row in found["indexes"].get(name, [])),
        tuple(_trigger(row) for row in found["triggers"].get(name, [])),
        definition,
        max(sequences, default=None),
    )


def _key(row: tuple[Any, ...]) -> KeyShape:
    _, columns, table, references, on_delete, on_update, deferrable, deferred, _ = row
    when = "initially deferred" if deferred else "deferrable" if deferrable else ""
    return KeyShape(tuple(columns), table, tuple(references), _ACTIONS[on_delete], _ACTIONS[on_update], when)


def _trigger(row: tuple[Any, ...]) -> TriggerShape:
    name, kind, columns, source, definition = row
    timing = next(word for bit, word in _TIMINGS if kind & bit or not bit)
    events = " OR ".join(word for bit, word in _EVENTS if kind & bit)
    listed = f" OF {', '.join(columns)}" if columns else ""
    level = "" if kind & 1 else " FOR EACH STATEMENT"
    condition = definition.partition(" WHEN ")[2]
    return TriggerShape(name, f"{timing} {events}{listed}{level}", f"{condition} {source}".strip())
