"""Keys that the rows do not keep, met when they are added behind the rows: shown, or mended by policy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from typing import Literal as OneOf

from sqlport.data import staging
from sqlport.data.careful import Misfit
from sqlport.data.plan import Table, exact, in_schema
from sqlport.data.policy import Policies, Policy
from sqlport.model import SqlportError

if TYPE_CHECKING:
    import psycopg

    from sqlport.schema import Definition

Tell = Callable[[Misfit], None]

_KINDS: Final[Mapping[str, OneOf["orphan", "duplicate", "null"]]] = {
    "23503": "orphan",
    "23505": "duplicate",
    "23502": "null",
}
_KEY: Final = re.compile(r"Key \((.*?)\)=\(", re.DOTALL)
_SHOWN: Final = 5
_NEWEST: Final = """
SELECT k.conname,
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u (num, place)
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num ORDER BY u.place),
       k.confrelid::regclass::text,
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u (num, place)
             JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num ORDER BY u.place)
FROM pg_constraint k WHERE k.conrelid = %s::regclass AND k.contype = 'f' AND NOT k.convalidated
ORDER BY k.oid DESC LIMIT 1
"""
_KEEP: Final = Policy("coerce", ("keep",))


@dataclass(frozen=True, slots=True)
class _Broken:
    """Rows that break a key: `condition` finds them under the name `t`, `columns` are those of the key."""

    kind: OneOf["orphan", "duplicate", "null"]
    columns: tuple[str, ...]
    condition: str


def add(
    connection: psycopg.Connection[Any],
    schemas: Sequence[str],
    definition: Definition,
    table: Table | None,
    policies: Policies,
    tell: Tell,
) -> None:
    """Make a definition with these schemas as the search path; the table is in the first.

    Orphans, duplicates (all but the first) and rows without a key can be rejected by policy, an orphan's reference
    set to NULL; without a policy rows that break a key raise SqlportError. The caller has opened a transaction.
    """
    try:
        with connection.transaction():
            staging.run(connection, schemas, [definition])
            return
    except SqlportError as error:
        cause = error.__cause__
        kind = _KINDS.get(getattr(cause, "sqlstate", None) or "")
        if kind is None or table is None:
            raise
        detail = str(getattr(getattr(cause, "diag", None), "message_detail", "") or "")
        column = str(getattr(getattr(cause, "diag", None), "column_name", "") or "")
        said = error
    at = in_schema(schemas[0], table.name)
    if kind == "orphan":
        _mend_orphans(connection, schemas, definition, table, policies, tell)
        return
    broken = (
        _duplicates(at, detail, definition)
        if kind == "duplicate"
        else _Broken(kind, (column,), f"t.{exact(column)} IS NULL")
    )
    if broken is None:
        raise said
    _mend(connection, at, table, broken, policies, tell, said)
    staging.run(connection, schemas, [definition])


def _mend_orphans(
    connection: psycopg.Connection[Any],
    schemas: Sequence[str],
    definition: Definition,
    table: Table,
    policies: Policies,
    tell: Tell,
) -> None:
    from dataclasses import replace

    # Not valid, it can be added and its columns be read; then it goes, since it would keep rows from being mended.
    staging.run(connection, schemas, [replace(definition, sql=f"{definition.sql} NOT VALID")])
    at = in_schema(schemas[0], table.name)
    row = connection.execute(_NEWEST, (at,)).fetchone()
    assert row is not None  # made a line above
    name, columns, parent, references = row
    connection.execute(f"ALTER TABLE {at} DROP CONSTRAINT {exact(name)}".encode())
    given = " AND ".join(f"t.{exact(column)} IS NOT NULL" for column in columns)
    same = " AND ".join(
        f"p.{exact(reference)} = t.{exact(column)}" for column, reference in zip(columns, references, strict=True)
    )
    condition = f"{given} AND NOT EXISTS (SELECT FROM {parent} p WHERE {same})"
    broken = _Broken("orphan", tuple(columns), condition)
    said = SqlportError(f"rows of {table.source} refer to rows of {parent} that are not there")
    if _policy(table, broken, policies) == _KEEP:
        _mend(connection, at, table, broken, policies, tell, said)
        definition = replace(definition, sql=f"{definition.sql} NOT VALID")
    else:
        while _mend(connection, at, table, broken, policies, tell, said):
            pass  # a row that goes may leave others that refer to it
    staging.run(connection, schemas, [definition])


def _duplicates(at: str, detail: str, definition: Definition) -> _Broken | None:
    """Rows behind the first one with their key; None where it cannot be told (a partial index)."""
    match = _KEY.search(detail)
    if match is None or re.search(r"\bWHERE\b", definition.sql, re.IGNORECASE):
        return None
    order = f"SELECT ctid, row_number() OVER (PARTITION BY {match[1]} ORDER BY ctid) AS nth FROM {at}"
    columns = tuple(part.strip().strip('"') for part in match[1].split(","))
    some = " AND ".join(f"({part}) IS NOT NULL" for part in match[1].split(", "))
    return _Broken("duplicate", columns, f"t.ctid IN (SELECT ctid FROM ({order} WHERE {some}) o WHERE nth > 1)")


def _mend(
    connection: psycopg.Connection[Any],
    at: str,
    table: Table,
    broken: _Broken,
    policies: Policies,
    tell: Tell,
    said: SqlportError,
) -> int:
    """Deal with the rows by their policy; how many there were. Raises SqlportError where the policy is to fail."""
    import psycopg

    policy = _policy(table, broken, policies)
    key = table.key or tuple(column.name for column in table.columns[:4])
    names = ", ".join(f"t.{exact(name)}::text" for name in (*key, *broken.columns) if _is_column(table, name))
    kept = [name for name in (*key, *broken.columns) if _is_column(table, name)]
    find = f"SELECT {names} FROM {at} t WHERE {broken.condition}"
    if policy.action == "fail":
        rows = connection.execute(f"{find} LIMIT {_SHOWN}".encode()).fetchall()
        shown = "; ".join(str(each) for each in _misfits(table, broken, key, kept, rows, "fail"))
        advice = f"--policy {broken.kind}=reject leaves such rows out and writes them down"
        if broken.kind == "orphan":
            advice += ", =coerce:keep keeps them and has the foreign key checked for new rows only"
        raise SqlportError(f"{said}: {shown}; {advice}")
    if policy.action == "coerce":
        nulls = ", ".join(f"{exact(column)} = NULL" for column in broken.columns)
        change = f"UPDATE {at} t SET {nulls} WHERE {broken.condition}"
    else:
        change = f"DELETE FROM {at} t WHERE {broken.condition}"
    rows = connection.execute(find.encode()).fetchall()
    if rows and policy != _KEEP:
        try:
            connection.execute(change.encode())
        except psycopg.IntegrityError as error:
            message = error.diag.message_primary or str(error).strip()
            raise SqlportError(f"{said}, and other rows refer to those: {message}") from None
    for misfit in _misfits(table, broken, key, kept, rows, str(policy)):
        tell(misfit)
    return len(rows)


def _is_column(table: Table, name: str) -> bool:
    return any(column.name == name for column in table.columns)


def _policy(table: Table, broken: _Broken, policies: Policies) -> Policy:
    column = broken.columns[0] if broken.columns else ""
    policy = policies.of(table.source, column, broken.kind)
    if policy.action != "coerce":
        return policy
    known = [rule for rule in policy.rules if rule in ("null", "keep")] if broken.kind == "orphan" else []
    return Policy("coerce", (known[0],)) if known else Policy("fail")


def _misfits(
    table: Table,
    broken: _Broken,
    key: Sequence[str],
    names: Sequence[str],
    rows: Sequence[Sequence[str | None]],
    done: str,
) -> Iterator[Misfit]:
    for row in rows:
        found = dict(zip(names, row, strict=True))
        where = ", ".join(f"{name} = {_shown(found[name])}" for name in key if name in found)
        value = ", ".join(_shown(found.get(name)) for name in broken.columns)
        yield Misfit(table.source, ", ".join(broken.columns), broken.kind, where, value, done)


def _shown(value: str | None) -> str:
    return "NULL" if value is None else value
