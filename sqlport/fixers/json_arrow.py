"""JSN002: SQLite's `->` and `->>` work on text, take `$` paths, and give numbers."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers import _json as json
from sqlport.fixers.json_extract import NUMBER, ONCE, STRING
from sqlport.sql.match import rewrite

_ARROWS = (exp.JSONExtract, exp.JSONExtractScalar)
_STORED = "documents are stored without blanks, as SQLite writes them"
_STEP = (
    "the right side of this arrow is computed, or has a step that PostgreSQL's paths do not know; "
    "write it as a literal, or use json_extract_path_text()"
)


def find(context: Context) -> Iterator[Proposal]:
    """Every chain of arrows, from its last one."""
    for node in context.parsed.nodes(*_ARROWS):
        if isinstance(node.parent, _ARROWS) and node.parent.this is node:
            continue
        yield from _chain(context, node)


def _chain(context: Context, last: exp.Expr) -> Iterator[Proposal]:
    links: list[exp.Expr] = []
    base: exp.Expr = last
    while isinstance(base, _ARROWS):
        links.insert(0, base)
        base = base.this
    if json.is_json(context, base):
        return
    span = context.parsed.span(last)
    if isinstance(base, exp.Paren) and not context.parsed.has_span(base):
        yield Proposal(span, message=_STEP)
        return
    parts = json.document(context, base)
    for link in links:
        steps = _steps(link.expression)
        if steps is None:
            yield Proposal(span, message=_STEP)
            return
        as_text = isinstance(link, exp.JSONExtractScalar)
        parts = json.member(parts, steps, as_text=as_text)
        if as_text and link is not last:
            parts = ("(", *parts, ")::json")
    yield _proposal(context, last, parts)


def _proposal(context: Context, last: exp.Expr, parts: json.Parts) -> Proposal:
    parsed, span = context.parsed, context.parsed.span(last)
    if isinstance(last, exp.JSONExtract):
        return Proposal(span, (rewrite(parsed, last, "(", *parts, ")::text"),), condition=_STORED)
    if json.wants_number(context, last):
        return Proposal(span, (rewrite(parsed, last, "(", *parts, ")::numeric"),), condition=NUMBER)
    condition = ONCE if json.equals_word(last) else STRING
    return Proposal(span, (rewrite(parsed, last, *parts),), condition=condition)


def _steps(node: exp.Expr) -> tuple[str, ...] | None:
    """A key, an index, or a path."""
    if not isinstance(node, exp.Literal):
        return None
    text = str(node.this)
    if not node.is_string:
        return (text,) if text.isdigit() else None
    if text.startswith("$"):
        return json.path(text)
    return None if text.lstrip("-").isdigit() else (text,)
