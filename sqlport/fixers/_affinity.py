"""What SQLite's affinity makes of a value (https://www.sqlite.org/datatype3.html), and how it reads text as number."""

from __future__ import annotations

import re

from sqlglot import exp

from sqlport.catalog import affinity
from sqlport.fixers import Context

NUMBERS = ("integer", "real", "numeric")
_INTEGER = re.compile(r"\s*[+-]?\d+\s*")
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")


def affinity_of(context: Context, node: exp.Expr, depth: int = 0) -> str:
    """`TEXT`, `NUMERIC` (all kinds of number) or, for what has none, the empty string."""
    if isinstance(node, exp.Paren | exp.Collate) and depth < 40:
        return affinity_of(context, node.this, depth + 1)
    if isinstance(node, exp.Cast):
        if not context.parsed.has_span(node):
            return ""
        return _named(affinity(context.parsed.cast_type(node).of(context.parsed.text)))
    if isinstance(node, exp.Subquery | exp.Select) and depth < 40:
        first = next((item for _, item in context.semantics.scopes.projections(node)), None)
        return affinity_of(context, first, depth + 1) if first is not None else ""
    if not isinstance(node, exp.Column):
        return ""
    resolved = context.semantics.scopes.resolve(node)
    if resolved is None:
        return ""
    if resolved.column is not None:
        return _named(resolved.column.affinity)
    if resolved.expression is None or depth > 40:
        return ""
    return affinity_of(context, resolved.expression, depth + 1)


def _named(found: str) -> str:
    return {"TEXT": "TEXT", "BLOB": ""}.get(found, "NUMERIC")


def is_whole(text: str) -> bool:
    """Whether PostgreSQL reads the text as an integer."""
    return _INTEGER.fullmatch(text) is not None


def is_number(text: str) -> bool:
    """Whether both engines read the whole text as a number."""
    return _NUMBER.fullmatch(text) is not None


def integer_prefix(text: str) -> str:
    """The integer that a text begins with, as SQLite casts it."""
    match = re.match(r"\s*([+-]?\d+)", text)
    return str(int(match[1])) if match else "0"


def real_prefix(text: str) -> str:
    """The number that a text begins with, as SQLite casts it."""
    match = re.match(r"\s*([+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)", text)
    return match[1] if match else "0"


def number_as_text(node: exp.Expr) -> str | None:
    """A number literal as SQLite turns it into text; None where it is none, or not plain."""
    if isinstance(node, exp.Paren):
        return number_as_text(node.this)
    if isinstance(node, exp.Neg):
        inner = number_as_text(node.this)
        return None if inner is None or inner.startswith("-") else "-" + inner
    if not isinstance(node, exp.Literal) or node.is_string:
        return None
    text = str(node.this).replace("_", "").lower()
    if text.startswith("0x"):
        return str(int(text, 16)) if len(text) < 18 else None
    if text.isdigit():
        return str(int(text)) if int(text) < 2**63 else None
    written = repr(float(text))
    return written if "e" not in written and len(written) < 17 and "inf" not in written else None


def is_literal(node: exp.Expr) -> bool:
    """Whether it is a string or number as written."""
    return isinstance(node, exp.Literal) or (isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal))


def text_literal(node: exp.Expr) -> str | None:
    """The text of a string literal."""
    while isinstance(node, exp.Paren):
        node = node.this
    return str(node.this) if isinstance(node, exp.Literal) and node.is_string else None


def argument_type(context: Context, node: exp.Expr) -> str:
    """The Python type that is passed for a placeholder; empty where it is not known or the node is none."""
    if not isinstance(node, exp.Placeholder) or not context.parsed.has_span(node):
        return ""
    start = context.parsed.span(node).start
    keys = [placeholder.key for placeholder in context.parsed.placeholders if placeholder.span.start == start]
    return context.argument_type(keys[0]) if keys else ""
