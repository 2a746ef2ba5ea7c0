"""AGG002: total(x), a sum that is 0.0 where there is nothing to add."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._server_types import cast, server_type
from sqlport.model import Applicability, Span
from sqlport.sql import Rewrite, replace, wrap


def find(context: Context) -> Iterator[Proposal]:
    """Every total(x), with its FILTER and OVER."""
    for call in context.parsed.calls("total"):
        if len(call.expressions) != 1:
            continue
        span = context.parsed.span(call)
        whole: exp.Expr = call
        while isinstance(whole.parent, exp.Filter | exp.Window) and whole.parent.this is whole:
            whole = whole.parent
        value = call.expressions[0]
        found = server_type(context, value)
        rewrites: list[Rewrite] = [replace(Span(span.start, span.start + len("total")), "sum")]
        if found in ("text", "unknown"):
            inner = value.expressions[0] if isinstance(value, exp.Distinct) else value
            rewrites.append(replace(context.parsed.span(inner), *cast(context, inner, "float8")))
        real = found in ("float8", "text", "unknown")
        rewrites.append(wrap(context.parsed.span(whole), "coalesce(", ", 0)" if real else ", 0)::float8"))
        if found == "text":
            yield Proposal(span, tuple(rewrites), Applicability.UNSAFE, condition="every text is a number")
        else:
            yield Proposal(span, tuple(rewrites))
