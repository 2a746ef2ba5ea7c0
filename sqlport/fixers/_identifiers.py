"""Every name of a statement: how it is quoted, what it names, and how PostgreSQL has to read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal as OneOf

from sqlglot import exp

from sqlport.catalog.names import folded, quote, quoted
from sqlport.fixers import Context
from sqlport.model import Span
from sqlport.sql import Parsed, Token, read

Role = OneOf["name", "column", "label", "bare label"]
_QUOTES = ('"', "`", "[", "'")


@dataclass(frozen=True, slots=True)
class Name:
    """A name at a place. `quoting` is its first character where that is a quote, else empty.

    A `label` names a result column; it is `final` where programs read it.
    """

    span: Span
    value: str
    quoting: str
    role: Role
    node: exp.Expr | None = None
    final: bool = False


def names(context: Context) -> tuple[Name, ...]:
    """All names, in order."""
    return _names(context.parsed)


@lru_cache(maxsize=4)
def _names_of(key: int, holder: _Holder) -> tuple[Name, ...]:
    parsed = holder.parsed
    found = {name.span.start: name for name in _from_tree(parsed)}
    for index, token in enumerate(parsed.tokens):
        if token.start not in found and token.text[:1] in ("`", "[") and len(token.text) > 1:
            before = parsed.tokens[index - 1].text if index else ""
            if token.text[0] == "[" and (before == ")" or before.upper() == "ARRAY"):
                continue  # PostgreSQL's subscript
            found[token.start] = Name(token.span, _value(token.text), token.text[0], "name")
    return tuple(found[start] for start in sorted(found))


class _Holder:
    """A statement as a key of the cache."""

    def __init__(self, parsed: Parsed) -> None:
        self.parsed = parsed

    def __hash__(self) -> int:
        return id(self.parsed)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Holder) and other.parsed is self.parsed


def _names(parsed: Parsed) -> tuple[Name, ...]:
    return _names_of(id(parsed), _Holder(parsed))


def _value(text: str) -> str:
    """The name without its quotes."""
    if text[:1] == "[":
        return text[1:-1]
    quote_mark = text[:1]
    return text[1:-1].replace(quote_mark * 2, quote_mark) if quote_mark in _QUOTES else text


def _from_tree(parsed: Parsed) -> Iterator[Name]:
    holes = [Span(hole.start, hole.end) for hole in parsed.holes]
    for node in parsed.nodes(exp.Identifier):
        if not parsed.has_span(node) or _is_collation(node):
            continue
        span = parsed.span(node)
        token = parsed.tokens[parsed.token_at(span.start)]
        if token.span != span or any(hole.overlaps(span) for hole in holes):
            continue
        yield _named(parsed, token, node)
    for literal in parsed.nodes(exp.Literal):
        if literal.is_string and _is_name_literal(literal) and parsed.has_span(literal):
            token = parsed.tokens[parsed.token_at(parsed.span(literal).start)]
            yield Name(token.span, _value(token.text), "'", "name", literal)


def _is_collation(node: exp.Identifier) -> bool:
    """Whether it names a collation: those have rules of their own."""
    above = node.parent.parent if isinstance(node.parent, exp.Column) else node.parent
    if isinstance(above, exp.Collate):
        return node.parent is above or above.expression is node.parent
    return isinstance(above, exp.CollateColumnConstraint)


def _is_name_literal(node: exp.Literal) -> bool:
    """Whether a string stands where only a name can: a column list, a definition, the left side of SET."""
    parent = node.parent
    if isinstance(parent, exp.Schema):
        return True
    if isinstance(parent, exp.ColumnDef):
        return parent.this is node
    if isinstance(parent, exp.Ordered) and isinstance(parent.parent, exp.IndexParameters):
        return True
    return (
        isinstance(parent, exp.EQ)
        and parent.this is node
        and (isinstance(parent.parent, exp.Update | exp.OnConflict) and parent.arg_key == "expressions")
    )


def _named(parsed: Parsed, token: Token, node: exp.Identifier) -> Name:
    quoting = token.text[0] if token.text[0] in _QUOTES else ""
    role: Role = "name"
    parent = node.parent
    final = False
    if isinstance(parent, exp.Alias) and parent.args.get("alias") is node:
        before = parsed.tokens[parsed.token_at(token.start) - 1].word
        role = "label" if before == "AS" else "bare label"
        final = is_final(parent)
    elif isinstance(parent, exp.Column) and parent.this is node:
        role = "column"
    return Name(token.span, _value(token.text), quoting, role, node, final)


def is_final(item: exp.Expr) -> bool:
    """Whether a result column is one that the program reads: it is of the outermost query, or of RETURNING."""
    node, parent = item, item.parent
    if isinstance(parent, exp.Returning):
        return True
    if not isinstance(parent, exp.Select) or item.arg_key != "expressions":
        return False
    node, parent = parent, parent.parent
    while isinstance(parent, exp.SetOperation | exp.Subquery):
        if isinstance(parent, exp.SetOperation) and parent.this is not node:
            return False
        node, parent = parent, parent.parent
    return parent is None or (isinstance(parent, exp.Create) and str(parent.args.get("kind")).upper() == "VIEW")


def written(context: Context, name: Name) -> str:
    """The name as PostgreSQL has to read it: labels keep their case, all others are folded."""
    if name.role in ("label", "bare label"):
        return _label(name)
    if name.role == "column" and isinstance(name.node, exp.Identifier):
        label = _definition(context, name.node)
        if label is not None:
            return _exact(label)
    return quote(name.value)


def keeps_case(name: Name) -> bool:
    """Whether a label keeps its capital letters: the program reads it, or it was quoted."""
    return name.final or bool(name.quoting)


def _label(name: Name) -> str:
    context_of_label = "bare label" if name.role == "bare label" else "label"
    if keeps_case(name) and folded(name.value) != name.value:
        return _exact(name.value)
    return quote(name.value, "bare label" if context_of_label == "bare label" else "label")


def _exact(value: str) -> str:
    if folded(value) == value:
        return quote(value)
    return quoted(value)


def _definition(context: Context, node: exp.Identifier) -> str | None:
    """The label with its capital letters that a column name stands for, if it is one that keeps them."""
    column = node.parent
    if not isinstance(column, exp.Column):
        return None
    resolved = context.semantics.scopes.resolve(column)
    if resolved is not None and resolved.source is not None and resolved.source.table is not None:
        table = resolved.source.table
        return view_labels(table.sql).get(folded(column.name)) if table.kind == "view" else None
    if resolved is None or resolved.expression is None:
        return None
    alias = resolved.expression.parent
    if not isinstance(alias, exp.Alias) or folded(alias.alias) != folded(column.name):
        return None
    identifier = alias.args.get("alias")
    if not isinstance(identifier, exp.Identifier) or not context.parsed.has_span(identifier):
        return None
    span = context.parsed.span(identifier)
    text = span.of(context.parsed.text)
    if text[:1] in _QUOTES or is_final(alias):
        return _value(text)
    return None


@lru_cache(maxsize=64)
def view_labels(definition: str) -> Mapping[str, str]:
    """The labels with capital letters that a view's query gives its columns, by folded name."""
    parsed = read(definition)
    found = (name for name in _names(parsed) if name.role in ("label", "bare label") and name.final)
    listed = isinstance(parsed.tree, exp.Create) and isinstance(parsed.tree.this, exp.Schema)
    return {} if listed else {folded(name.value): name.value for name in found if folded(name.value) != name.value}
