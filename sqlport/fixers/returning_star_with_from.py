"""DML004: RETURNING * of an UPDATE ... FROM, which in PostgreSQL returns the columns of FROM as well."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._holes import has_hole
from sqlport.sql import replace


def find(context: Context) -> Iterator[Proposal]:
    """The star, qualified with the table that is changed."""
    parsed = context.parsed
    for update in parsed.nodes(exp.Update):
        returning = update.args.get("returning")
        if update.args.get("from_") is None or returning is None:
            continue
        alias = update.this.args.get("alias")
        named = alias.this if alias is not None and alias.this is not None else update.this.this
        for item in returning.expressions:
            if isinstance(item, exp.Star) and parsed.has_span(item):
                span = parsed.span(item)
                rewrites = () if has_hole(context, named) else (replace(span, parsed.text_of(named), ".*"),)
                yield Proposal(span, rewrites)
