"""LIT004: numbers that no bigint or float holds, numeric on PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._server_types import is_cast_already
from sqlport.sql import wrap
from sqlport.sql.edits import replace

_INTEGER = re.compile(r"\d+")
_SMALLEST = 2**63


def find(context: Context) -> Iterator[Proposal]:
    """Every one, as the float that SQLite makes of it; the smallest integer is one."""
    for node in context.parsed.nodes(exp.Literal):
        if node.is_string or not context.parsed.has_span(node) or is_cast_already(context, node):
            continue
        text, span = str(node.this), context.parsed.span(node)
        if _INTEGER.fullmatch(text) and int(text) >= 2**63:
            negative = node.parent
            if isinstance(negative, exp.Neg) and int(text) == _SMALLEST:
                if not is_cast_already(context, negative):
                    yield Proposal(span, (wrap(context.parsed.span(negative), "(", ")::bigint"),))
            else:
                yield Proposal(span, (wrap(span, "", "::float8"),))
        elif not _INTEGER.fullmatch(text) and _is_infinite(text):
            yield Proposal(span, (replace(span, "'Infinity'::float8"),))


def _is_infinite(text: str) -> bool:
    try:
        return float(text.replace("_", "")) == float("inf")
    except ValueError:
        return False
