"""PostgreSQL has the last word on a ported schema: what it refuses is taken out, and said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlport.catalog.names import kept
from sqlport.catalog.types import is_sqlites_locale
from sqlport.model import ServerInfo, Span
from sqlport.schema._keys import without
from sqlport.schema.port import Definition, NotPorted, PortedSchema
from sqlport.sql.ddl import read_create_table
from sqlport.sql.tokens import tokenize

if TYPE_CHECKING:
    import psycopg

    from sqlport.model import Target
    from sqlport.sql.definitions import Constraint, CreateTable

_CAN_GO = ("check", "references", "foreign key", "default", "generated", "collate")


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The schema that was applied, with what PostgreSQL refused among `not_ported`, and the server's name."""

    schema: PortedSchema
    server: ServerInfo | None = None


def confirmed(schema: PortedSchema, connection: psycopg.Connection[Any], server: ServerInfo | None = None) -> Confirmed:
    """Apply the schema to an empty database. The connection is in autocommit: one transaction for a thousand tables
    takes more locks than a server has.

    A definition that PostgreSQL refuses is left out. Of a table only the constraint or default is left out
    that is refused, where it is one of those.
    """
    made: list[Definition] = []
    lost: list[NotPorted] = list(schema.not_ported)
    for definition in schema.definitions:
        refused = _refusal(connection, definition.sql)
        if refused is None:
            made.append(definition)
            continue
        mended = _mended(connection, definition, refused, schema.target) if definition.kind == "table" else None
        if mended is None:
            reason = f"PostgreSQL: {refused.message}{_advice(definition)}"
            lost.append(NotPorted(definition.kind, definition.of, definition.name, reason, definition.original))
            continue
        made.append(mended[0])
        lost += mended[1]
    # A trigger that is refused takes its function with it.
    refused_ones = lost[len(schema.not_ported) :]
    gone = {kept(f"{each.name}_fn") for each in refused_ones if each.kind == "trigger"}
    made = [each for each in made if each.kind != "function" or each.name not in gone]
    return Confirmed(replace(schema, definitions=tuple(made), not_ported=tuple(lost)), server)


def _advice(definition: Definition) -> str:
    """What the rules have to say about it."""
    left = [finding for finding in definition.findings if not finding.applied]
    return f" ({left[0].code}: {left[0].message})" if left else ""


@dataclass(frozen=True, slots=True)
class _Refusal:
    message: str
    position: int | None


def _refusal(connection: psycopg.Connection[Any], sql: str) -> _Refusal | None:
    import psycopg

    try:
        with connection.transaction():
            connection.execute(sql.encode())
    except psycopg.Error as error:
        position = error.diag.statement_position
        message = error.diag.message_primary or str(error).strip()
        return _Refusal(message, int(position) - 1 if position else None)
    return None


def _mended(
    connection: psycopg.Connection[Any], definition: Definition, refused: _Refusal, target: Target
) -> tuple[Definition, list[NotPorted]] | None:
    """The table without the constraints that PostgreSQL refuses; None where it still refuses the table."""
    text, lost = definition.sql, list[NotPorted]()
    while True:
        written = read_create_table(text, tokenize(text))
        candidates = list(_removable(written)) if written else []
        chosen = _blamed(connection, text, written, candidates, refused) if written else None
        if written is None or chosen is None:
            return None
        constraint, columns = chosen
        lost.append(
            NotPorted(
                "foreign key" if constraint.kind == "references" else constraint.kind,
                definition.of,
                constraint.name.text if constraint.name else "",
                _reason(definition, constraint.span.of(text), refused),
                constraint.span.of(text),
                columns,
            )
        )
        if constraint.kind == "collate" and not is_sqlites_locale(target.locale):
            text = text[: constraint.span.start] + 'COLLATE "C"' + text[constraint.span.end :]
        else:
            text = without(text, written, [constraint.span])
        following = _refusal(connection, text)
        if following is None:
            return replace(definition, sql=text), lost
        refused = following


def _reason(definition: Definition, constraint: str, refused: _Refusal) -> str:
    """What the rules say of it, else what the server says."""
    for finding in definition.findings:
        if not finding.applied and finding.span.of(definition.original) in constraint:
            return f"{finding.message} ({finding.code})"
    return f"PostgreSQL: {refused.message}"


def _removable(written: CreateTable) -> Iterator[tuple[Constraint, tuple[str, ...]]]:
    for column in written.columns:
        for constraint in column.constraints:
            if constraint.kind in _CAN_GO:
                yield constraint, (column.name.text,)
    if len(written.columns) + len(written.constraints) > 1:
        for constraint in written.constraints:
            if constraint.kind in _CAN_GO:
                yield constraint, tuple(term.name.text for term in constraint.terms if term.name)


def _blamed(
    connection: psycopg.Connection[Any],
    text: str,
    written: CreateTable,
    candidates: list[tuple[Constraint, tuple[str, ...]]],
    refused: _Refusal,
) -> tuple[Constraint, tuple[str, ...]] | None:
    """The constraint at the place of the error, else the one without which it is another error or none."""
    if refused.position is not None:
        at = Span(refused.position, refused.position + 1)
        for candidate in candidates:
            if candidate[0].span.contains(at):
                return candidate
    for candidate in candidates:
        other = _refusal(connection, without(text, written, [candidate[0].span]))
        if other is None:
            _undo(connection, written)
            return candidate
        if other.message != refused.message:
            return candidate
    return None


def _undo(connection: psycopg.Connection[Any], written: CreateTable) -> None:
    from sqlport.catalog.names import quote

    connection.execute(f"DROP TABLE {quote(written.name.text)}".encode())
