"""How a value becomes the text that SQLite makes of it."""

from __future__ import annotations

from sqlglot import exp

from sqlport.fixers import Context
from sqlport.fixers._server_types import cast, server_type
from sqlport.model import Span

Parts = tuple[str | Span, ...]

REAL_CONDITION = "no number needs more than 15 digits or an exponent"


def as_text(context: Context, node: exp.Expr) -> Parts:
    """The node as text; unchanged where it is text, or where its type is not known."""
    found = server_type(context, node)
    if found == "float8":
        return real_as_text(context, node)
    if found in ("int4", "int8", "numeric"):
        return cast(context, node, "text")
    if found == "boolean":
        return (*cast(context, node, "int"), "::text")
    return (context.parsed.span(node),)


def real_as_text(context: Context, node: exp.Expr) -> Parts:
    """A float8 as SQLite writes it: with `.0` where it is whole."""
    from sqlport.sql.match import operand

    value = operand(context.parsed, node)
    return (
        *("CASE WHEN ", *value, " = trunc(", *value, ") AND abs(", *value, ") < 1e15"),
        *(" THEN to_char(", *value, ", 'FM999999999999990.0') ELSE ", *value, "::text END"),
    )
