"""LIT001: x'ab', a blob on SQLite and a bit string on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.model import Span
from sqlport.sql import Rewrite, replace


def find(context: Context) -> Iterator[Proposal]:
    """Every blob literal."""
    for node in context.parsed.nodes(exp.HexString):
        span = context.parsed.span(node)
        digits = span.of(context.parsed.text)[2:-1]
        text = text_of(node) if _is_joined(node) else None
        if text is None:
            yield Proposal(span, (blob(span, digits),))
        else:
            written = f"chr({ord(text)})" if len(text) == 1 else f"convert_from('\\x{digits}'::bytea, 'UTF8')"
            yield Proposal(span, (replace(span, written),))


def blob(span: Span, digits: str) -> Rewrite:
    """The same bytes as PostgreSQL writes them."""
    return replace(span, f"'\\x{digits}'::bytea")


def text_of(node: exp.Expr) -> str | None:
    """The text that a blob literal is as an operand of `||`; None where PostgreSQL has no such text."""
    while isinstance(node, exp.Paren):
        node = node.this
    if not isinstance(node, exp.HexString):
        return None
    try:
        text = bytes.fromhex(str(node.this)).decode()
    except ValueError:
        return None
    return text if "\0" not in text else None


def _is_joined(node: exp.Expr) -> bool:
    parent = node.parent
    while isinstance(parent, exp.Paren):
        parent = parent.parent
    return isinstance(parent, exp.DPipe)
