"""CREATE TABLE, CREATE INDEX and ALTER TABLE read from tokens, since no tree keeps where each word stands.

The grammar is SQLite's own (https://www.sqlite.org/src/file/src/parse.y), with what its documentation does
not show: table constraints without a comma, names in single quotes, a bare word as a default.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlport.model import Span
from sqlport.sql.cursor import NO_NAME, NO_TYPE, Cursor, UnreadableError, is_blob, is_word, unquoted
from sqlport.sql.definitions import (
    Action,
    AlterTable,
    Clause,
    ColumnDefinition,
    Constraint,
    ConstraintKind,
    CreateIndex,
    CreateTable,
    Name,
    References,
    Term,
    TypeName,
)
from sqlport.sql.tokens import Token

__all__ = ["read_alter_table", "read_create_index", "read_create_table", "unquoted"]

_TABLE_CONSTRAINTS = frozenset(["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"])
_PLAIN: tuple[tuple[tuple[str, ...], ConstraintKind], ...] = (
    (("NOT", "NULL"), "not null"),
    (("NULL",), "null"),
    (("UNIQUE",), "unique"),
)


def read_create_table(text: str, tokens: Sequence[Token]) -> CreateTable | None:
    """The CREATE TABLE that `tokens` (of `text`) are, or None if they are none that SQLite would take."""
    try:
        return _create_table(Cursor(text, tokens))
    except UnreadableError:
        return None


def read_create_index(text: str, tokens: Sequence[Token]) -> CreateIndex | None:
    """The CREATE INDEX that `tokens` (of `text`) are, or None if they are none that SQLite would take."""
    try:
        return _create_index(Cursor(text, tokens))
    except UnreadableError:
        return None


def read_alter_table(text: str, tokens: Sequence[Token]) -> AlterTable | None:
    """The ALTER TABLE that `tokens` (of `text`) are, or None if they are none that SQLite would take."""
    try:
        return _alter_table(Cursor(text, tokens))
    except UnreadableError:
        return None


def _conflict(c: Cursor) -> Clause | None:
    start = c.take("ON", "CONFLICT")
    if start is None:
        return None
    action = c.clause("ROLLBACK", "ABORT", "FAIL", "IGNORE", "REPLACE")
    if action is None:
        raise UnreadableError
    return Clause(action.value, c.since(start.start))


def _deferrable(c: Cursor) -> Clause | None:
    kind = c.clause("NOT DEFERRABLE", "DEFERRABLE")
    if kind is None:
        return None
    when = c.clause("INITIALLY DEFERRED", "INITIALLY IMMEDIATE")
    value = f"{kind.value} {when.value}" if when else kind.value
    return Clause(value, c.since(kind.span.start))


def _create_table(c: Cursor) -> CreateTable:
    start = c.need("CREATE").start
    temporary = c.take("TEMP") or c.take("TEMPORARY")
    c.need("TABLE")
    if_not_exists = c.take("IF", "NOT", "EXISTS")
    schema, name = c.qualified_name()
    if c.take("AS"):
        select = c.rest()
        return CreateTable(c.since(start), name, schema, temporary, if_not_exists, None, (), (), (), select)
    opening = c.need("(").start
    columns = [_column_definition(c)]
    constraints: list[Constraint] = []
    comma = c.take(",")
    while comma and c.word() not in _TABLE_CONSTRAINTS:
        columns.append(_column_definition(c))
        comma = c.take(",")
    while c.word() in _TABLE_CONSTRAINTS and (comma or constraints):
        constraints.append(replace(_table_constraint(c), comma=comma))
        comma = c.take(",")
    if comma:
        raise UnreadableError
    c.need(")")
    body = c.since(opening)
    options = _options(c)
    c.end()
    return CreateTable(
        c.since(start),
        name,
        schema,
        temporary,
        if_not_exists,
        body,
        tuple(columns),
        tuple(constraints),
        options,
        None,
    )


def _options(c: Cursor) -> tuple[Clause, ...]:
    options: list[Clause] = []
    while not options or c.take(","):
        option = c.clause("WITHOUT ROWID", "STRICT")
        if option is None:
            if options:
                raise UnreadableError
            break
        options.append(option)
    return tuple(options)


def _create_index(c: Cursor) -> CreateIndex:
    start = c.need("CREATE").start
    unique = c.take("UNIQUE")
    c.need("INDEX")
    if_not_exists = c.take("IF", "NOT", "EXISTS")
    schema, name = c.qualified_name()
    c.need("ON")
    table = c.name()
    terms = _terms(c)
    where = None
    if c.take("WHERE"):
        where = c.rest()
    c.end()
    return CreateIndex(c.since(start), name, schema, table, unique, if_not_exists, terms, where)


def _alter_table(c: Cursor) -> AlterTable:
    start = c.need("ALTER", "TABLE").start
    schema, table = c.qualified_name()
    if c.take("ADD"):
        word = c.take("COLUMN")
        column = _column_definition(c)
        c.end()
        return AlterTable(c.since(start), table, schema, "add column", word, column=column)
    if c.take("DROP"):
        word = c.take("COLUMN")
        old = c.name()
        c.end()
        return AlterTable(c.since(start), table, schema, "drop column", word, old=old)
    c.need("RENAME")
    if c.take("TO"):
        new = c.name()
        c.end()
        return AlterTable(c.since(start), table, schema, "rename table", new=new)
    word = c.take("COLUMN")
    old = c.name()
    c.need("TO")
    new = c.name()
    c.end()
    return AlterTable(c.since(start), table, schema, "rename column", word, old=old, new=new)


def _column_definition(c: Cursor) -> ColumnDefinition:
    name = c.name()
    type_name = _type_name(c)
    constraints: list[Constraint] = []
    while (constraint := _column_constraint(c)) is not None:
        constraints.append(constraint)
    return ColumnDefinition(c.since(name.span.start), name, type_name, tuple(constraints))


def _type_name(c: Cursor) -> TypeName | None:
    start = c.here()
    while _is_type_word(c):
        c.advance()
    span = c.since(start)
    if span.end <= start:
        return None
    arguments: list[str] = []
    if c.take("("):
        arguments.append(_signed_number(c))
        if c.take(","):
            arguments.append(_signed_number(c))
        c.need(")")
    return TypeName(c.text_of(span), tuple(arguments), c.since(start))


def _is_type_word(c: Cursor) -> bool:
    return _is_word_of_type(c) and not c.sees("GENERATED", "ALWAYS", "AS")


def _is_word_of_type(c: Cursor) -> bool:
    return bool(c.word()) and c.word() not in NO_TYPE and is_word(c.token())


def _signed_number(c: Cursor) -> str:
    """A number with its sign, as one argument of a type."""
    start = c.here()
    _ = c.take("+") or c.take("-")
    c.number()
    return c.text_of(c.since(start))


def _column_constraint(c: Cursor) -> Constraint | None:
    start = c.here()
    name = _constraint_name(c)
    made = _unnamed_column_constraint(c, c.here())
    if made is not None:
        return replace(made, span=c.since(start), name=name)
    if name is None:
        return None
    span = c.since(start)
    return Constraint("nothing", span, Span(span.end, span.end), name)


def _constraint_name(c: Cursor) -> Name | None:
    return c.name() if c.take("CONSTRAINT") else None


def _unnamed_column_constraint(c: Cursor, start: int) -> Constraint | None:
    if c.take("DEFAULT"):
        return _default(c, start)
    if c.take("PRIMARY", "KEY"):
        order = c.clause("ASC", "DESC")
        conflict = _conflict(c)
        auto = c.take("AUTOINCREMENT")
        made = _made(c, "primary key", start)
        return replace(made, order=order, conflict=conflict, autoincrement=auto)
    for words, kind in _PLAIN:
        if c.take(*words):
            conflict = _conflict(c)
            return replace(_made(c, kind, start), conflict=conflict)
    if c.take("CHECK"):
        inner = c.enclosed()
        return replace(_made(c, "check", start), expression=inner, enclosed=True)
    if c.take("COLLATE"):
        collation = c.name(NO_TYPE)
        return replace(_made(c, "collate", start), collation=collation)
    if c.sees("REFERENCES"):
        references = _references(c)
        return replace(_made(c, "references", start), references=references)
    if c.sees("GENERATED", "ALWAYS", "AS") or c.sees("AS"):
        return _generated(c, start)
    deferrable = _deferrable(c)
    return replace(_made(c, "deferrable", start), deferrable=deferrable) if deferrable else None


def _made(c: Cursor, kind: ConstraintKind, start: int) -> Constraint:
    span = c.since(start)
    return Constraint(kind, span, span)


def _default(c: Cursor, start: int) -> Constraint:
    if c.sees("("):
        inner = c.enclosed()
        return replace(_made(c, "default", start), expression=inner, enclosed=True)
    first = c.here()
    _ = c.take("+") or c.take("-")
    token = c.token()
    if token.text[0].isdigit() or token.text[0] == ".":
        c.number()
    elif token.word == "NULL" or is_blob(token) or (is_word(token) and token.word not in NO_TYPE):
        c.advance()
    else:
        raise UnreadableError
    return replace(_made(c, "default", start), expression=c.since(first))


def _generated(c: Cursor, start: int) -> Constraint:
    always = c.take("GENERATED", "ALWAYS")
    c.need("AS")
    inner = c.enclosed()
    storage = c.clause("STORED", "VIRTUAL")
    if storage is None and _is_word_of_type(c):
        raise UnreadableError  # any name may stand there in the grammar, these two are accepted
    made = _made(c, "generated", start)
    return replace(made, expression=inner, enclosed=True, always=always, storage=storage)


def _references(c: Cursor) -> References:
    start = c.need("REFERENCES").start
    table = c.name()
    columns = _terms(c) if c.sees("(") else ()
    actions: list[Action] = []
    match: Clause | None = None
    while True:
        if c.sees("ON"):
            actions.append(_action(c))
        elif (word := c.take("MATCH")) is not None:
            value = c.name(NO_TYPE - {"FULL"}).text.upper()
            match = Clause(value, c.since(word.start))
        else:
            break
    deferrable = _deferrable(c)
    return References(c.since(start), table, columns, tuple(actions), match, deferrable)


def _action(c: Cursor) -> Action:
    start = c.need("ON").start
    event = c.clause("DELETE", "UPDATE", "INSERT")
    action = c.clause("SET NULL", "SET DEFAULT", "CASCADE", "RESTRICT", "NO ACTION")
    if event is None or action is None:
        raise UnreadableError
    return Action(event.value, action.value, c.since(start))


def _table_constraint(c: Cursor) -> Constraint:
    start = c.token().start
    name = _constraint_name(c)
    body = c.token().start
    if c.take("PRIMARY", "KEY"):
        made = _key(c, "primary key", body)
    elif c.take("UNIQUE"):
        made = _key(c, "unique", body)
    elif c.take("CHECK"):
        inner = c.enclosed()
        conflict = _conflict(c)
        made = replace(_made(c, "check", body), expression=inner, enclosed=True, conflict=conflict)
    elif c.take("FOREIGN", "KEY"):
        terms = _terms(c)
        references = _references(c)
        made = replace(_made(c, "foreign key", body), terms=terms, references=references)
    elif name is not None:
        span = c.since(start)
        made = Constraint("nothing", span, Span(span.end, span.end))
    else:
        raise UnreadableError
    return replace(made, span=c.since(start), name=name)


def _key(c: Cursor, kind: ConstraintKind, start: int) -> Constraint:
    c.need("(")
    terms, auto = _terms_until_end(c, allow_autoincrement=kind == "primary key")
    conflict = _conflict(c)
    return replace(_made(c, kind, start), terms=terms, conflict=conflict, autoincrement=auto)


def _terms(c: Cursor) -> tuple[Term, ...]:
    c.need("(")
    return _terms_until_end(c)[0]


def _terms_until_end(c: Cursor, *, allow_autoincrement: bool = False) -> tuple[tuple[Term, ...], Span | None]:
    """The terms behind an opening parenthesis, and past the closing one."""
    terms: list[Term] = []
    while True:
        terms.append(_term(c))
        if not c.take(","):
            break
    auto = c.take("AUTOINCREMENT") if allow_autoincrement else None
    c.need(")")
    return tuple(terms), auto


def _term(c: Cursor) -> Term:
    words = c.term(",", ")", "AUTOINCREMENT")
    span = Span(words[0].start, words[-1].end)
    nulls = order = collation = collate = name = None
    if len(words) > 2 and words[-2].word == "NULLS" and words[-1].word in ("FIRST", "LAST"):
        nulls = Clause(f"NULLS {words[-1].word}", Span(words[-2].start, words[-1].end))
        del words[-2:]
    if len(words) > 1 and words[-1].word in ("ASC", "DESC"):
        order = Clause(words[-1].word, words[-1].span)
        del words[-1:]
    if len(words) > 2 and words[-2].word == "COLLATE" and is_word(words[-1]):
        collation = c.named(words[-1])
        collate = Span(words[-2].start, words[-1].end)
        del words[-2:]
    if len(words) == 1 and is_word(words[0]) and words[0].word not in NO_NAME:
        name = c.named(words[0])
    return Term(span, Span(words[0].start, words[-1].end), name, collation, collate, order, nulls)
