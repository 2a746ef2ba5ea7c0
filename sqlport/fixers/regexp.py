"""PAT004: REGEXP, which calls a function of the application in SQLite, as PostgreSQL's operator `~`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._citext import is_citext
from sqlport.fixers._patterns import negated, operator, quoted
from sqlport.sql import Rewrite, replace, wrap
from sqlport.sql.match import operand, rewrite

_BOUNDARIES = {r"\b": r"\y", r"\B": r"\Y"}


def find(context: Context) -> Iterator[Proposal]:
    """Every `a REGEXP b` and `regexp(b, a)`."""
    parsed = context.parsed
    for node in parsed.nodes(exp.RegexpLike):
        if not parsed.has_span(node):
            continue
        words = operator(context, node)
        if not words.of(parsed.text).upper().endswith("REGEXP"):
            continue
        rewrites: list[Rewrite] = [replace(words, "!~" if negated(context, words) else "~")]
        rewrites.extend(_pattern(context, node.expression))
        if is_citext(context, node.this):
            rewrites.append(wrap(parsed.span(node.this), "", "::text"))
        yield Proposal(parsed.span(node), tuple(rewrites))
    for call in parsed.calls("regexp"):
        if len(call.expressions) == 2:
            pattern, value = call.expressions
            new = rewrite(parsed, call, *operand(parsed, value), " ~ ", *operand(parsed, pattern))
            yield Proposal(parsed.span(call), (new, *_pattern(context, pattern)))


def _pattern(context: Context, pattern: exp.Expr) -> Iterator[Rewrite]:
    """A literal pattern with PostgreSQL's spelling of word boundaries."""
    if isinstance(pattern, exp.Literal) and pattern.is_string:
        old = str(pattern.this)
        new = re.sub(r"\\.", lambda match: _BOUNDARIES.get(match[0], match[0]), old)
        if new != old:
            yield replace(context.parsed.span(pattern), quoted(new))
