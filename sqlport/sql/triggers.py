"""CREATE TRIGGER and DROP TRIGGER read from tokens: no tree knows SQLite's triggers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal as OneOf

from sqlport.model import Span
from sqlport.sql.cursor import Cursor, UnreadableError
from sqlport.sql.definitions import Name
from sqlport.sql.tokens import Token


@dataclass(frozen=True, slots=True)
class CreateTrigger:
    """A CREATE TRIGGER (https://www.sqlite.org/lang_createtrigger.html).

    `timing` is BEFORE where nothing is written; `columns` those of UPDATE OF; `when` the condition without the
    word; `begin` and `end` the two words round the body, `body` its statements without their semicolons,
    `last` the end of the last semicolon.
    """

    name: Name
    schema: Name | None
    temporary: Span | None
    if_not_exists: Span | None
    timing: OneOf["BEFORE", "AFTER", "INSTEAD OF"]
    event: OneOf["INSERT", "UPDATE", "DELETE"]
    columns: tuple[Name, ...]
    table: Name
    when: Span | None
    begin: Span
    body: tuple[Span, ...]
    last: int
    end: Span


@dataclass(frozen=True, slots=True)
class DropTrigger:
    """A DROP TRIGGER as SQLite writes it, without a table."""

    name: Name
    if_exists: Span | None


def read_create_trigger(text: str, tokens: Sequence[Token]) -> CreateTrigger | None:
    """The CREATE TRIGGER that `tokens` (of `text`) are, or None if they are none that SQLite would take."""
    try:
        return _create_trigger(Cursor(text, tokens))
    except UnreadableError:
        return None


def read_drop_trigger(text: str, tokens: Sequence[Token]) -> DropTrigger | None:
    """The DROP TRIGGER that `tokens` (of `text`) are, or None if they are none that SQLite would take."""
    c = Cursor(text, tokens)
    try:
        c.need("DROP", "TRIGGER")
        if_exists = c.take("IF", "EXISTS")
        _, name = c.qualified_name()
        c.end()
    except UnreadableError:
        return None
    return DropTrigger(name, if_exists)


def _create_trigger(c: Cursor) -> CreateTrigger:
    c.need("CREATE")
    temporary = c.take("TEMP") or c.take("TEMPORARY")
    c.need("TRIGGER")
    if_not_exists = c.take("IF", "NOT", "EXISTS")
    schema, name = c.qualified_name()
    timing = c.clause("BEFORE", "AFTER", "INSTEAD OF")
    event = c.clause("INSERT", "UPDATE", "DELETE")
    if event is None:
        raise UnreadableError
    columns: list[Name] = []
    if event.value == "UPDATE" and c.take("OF"):
        columns.append(c.name())
        while c.take(","):
            columns.append(c.name())
    c.need("ON")
    table = c.name()
    _ = c.take("FOR", "EACH", "ROW")
    when = _when(c)
    begin = c.need("BEGIN")
    body: list[Span] = []
    last = begin.end
    while not c.sees("END"):
        words = c.term(";")
        body.append(Span(words[0].start, words[-1].end))
        last = c.need(";").end
    end = c.need("END")
    c.end()
    if not body:
        raise UnreadableError
    return CreateTrigger(
        name,
        schema,
        temporary,
        if_not_exists,
        timing.value if timing else "BEFORE",  # type: ignore[arg-type]
        event.value,  # type: ignore[arg-type]
        tuple(columns),
        table,
        when,
        begin,
        tuple(body),
        last,
        end,
    )


def _when(c: Cursor) -> Span | None:
    if not c.take("WHEN"):
        return None
    words = c.term("BEGIN")
    return Span(words[0].start, words[-1].end)
