"""What sqlx asks a server about a statement when it prepares its offline files: columns, types, nullability."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlport.verify._pipeline import encoded, refusal

if TYPE_CHECKING:
    import psycopg
    from psycopg.pq.abc import PGconn, PGresult

    from sqlport.engines.server import Server
    from sqlport.verify.schema import SchemaResult


@dataclass(frozen=True, slots=True)
class Column:
    """A result column: its label, the OID of its type, and whether it may be NULL (None: nobody can tell)."""

    name: str
    type: int
    nullable: bool | None


@dataclass(frozen=True, slots=True)
class CustomType:
    """A type that does not come with the server: `kind` is `b` (base), `e` (enum), `d` (domain), `a` (array)...

    `labels` are those of an enum; `element` the OID of an array's elements or of a domain's base type.
    """

    name: str
    kind: str
    labels: tuple[str, ...] = ()
    element: int = 0


@dataclass(frozen=True, slots=True)
class Described:
    """A statement as the server describes it; `problem` says why it does not (then nothing else is known)."""

    columns: tuple[Column, ...] = ()
    parameters: tuple[int, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Descriptions:
    """Each statement's description, in order, and the types among them that do not come with the server."""

    statements: tuple[Described, ...]
    custom: Mapping[int, CustomType]


def describe(server: Server, prepared: SchemaResult, texts: Sequence[str]) -> Descriptions:
    """Describe statements by the extended protocol, as sqlx's macros do: without parameter types; nothing is run.

    A column may be NULL unless the table says NOT NULL and no outer join of the plan adds rows without it; for
    what is no column of a table nobody can tell (https://docs.rs/sqlx/latest/sqlx/macro.query.html#nullability-output-columns).
    """
    with server.connect(prepared.database, user=server.owner or None) as connection:
        connection.execute("SET plan_cache_mode = force_generic_plan")
        found = tuple(_describe(connection.pgconn, text) for text in texts)
        oids = {oid for one in found for oid in (*one.parameters, *(column.type for column in one.columns))}
        return Descriptions(found, _custom(connection, oids))


def _describe(connection: PGconn, text: str) -> Described:
    said = _problem(connection.prepare(b"sqlport", encoded(text)))
    if said:
        return Described(problem=said)
    meta = connection.describe_prepared(b"sqlport")
    parameters = tuple(meta.param_type(index) for index in range(meta.nparams))
    nullable = _nullable(connection, meta, len(parameters))
    columns = tuple(
        Column((meta.fname(index) or b"").decode(), meta.ftype(index), nullable[index]) for index in range(meta.nfields)
    )
    connection.exec_(b"DEALLOCATE sqlport")
    return Described(columns, parameters)


def _problem(result: PGresult) -> str:
    found = refusal([result])
    return f"{found.sqlstate} {found.message}" if found is not None else ""


def _nullable(connection: PGconn, meta: PGresult, parameters: int) -> list[bool | None]:
    """The columns' nullability by their tables, with what the plan's outer joins change."""
    found = [_by_table(connection, meta.ftable(index), meta.ftablecol(index)) for index in range(meta.nfields)]
    nothing = f"({', '.join(['NULL'] * parameters)})" if parameters else ""
    explained = connection.exec_(f"EXPLAIN (VERBOSE, FORMAT JSON) EXECUTE sqlport{nothing}".encode())
    value = explained.get_value(0, 0) if explained.ntuples else None
    if value is None:
        return found
    plan = json.loads(value)[0].get("Plan", {})
    outputs = plan.get("Output")
    for number in _outer(plan, outputs) if outputs else ():
        if number < len(found):
            found[number] = True
    return found


def _by_table(connection: PGconn, table: int, column: int) -> bool | None:
    if not table or not column:
        return None
    sql = f"SELECT NOT attnotnull FROM pg_attribute WHERE attrelid = {table} AND attnum = {column}"
    answer = connection.exec_(sql.encode())
    return answer.get_value(0, 0) == b"t" if answer.ntuples else None


def _outer(plan: Mapping[str, Any], outputs: Sequence[str]) -> Iterator[int]:
    """The result columns that come from the side of an outer join that may be missing."""
    if plan.get("Join Type") == "Full" or plan.get("Parent Relationship") == "Inner":
        for output in plan.get("Output", ()):
            if output in outputs:
                yield outputs.index(output)
    if plan.get("Join Type") in ("Left", "Right"):
        for inner in plan.get("Plans", ()):
            yield from _outer(inner, outputs)


def _custom(connection: psycopg.Connection[Any], oids: set[int]) -> dict[int, CustomType]:
    found: dict[int, CustomType] = {}
    wanted = set(oids)
    while wanted:
        rows = connection.execute(
            "SELECT t.oid::int8, typname, CASE WHEN typcategory = 'A' THEN 'a' ELSE typtype::text END,"
            " CASE WHEN typtype = 'd' THEN typbasetype ELSE typelem END::int8,"
            " ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder)"
            " FROM pg_type t WHERE t.oid = ANY(%s) AND t.oid >= 16384",
            [sorted(wanted)],
        ).fetchall()
        for oid, name, kind, element, labels in rows:
            found[oid] = CustomType(name, kind, tuple(labels), element)
        wanted = {one.element for one in found.values() if one.element} - set(found)
        if not any(oid >= 16384 for oid in wanted):
            break
    return found
