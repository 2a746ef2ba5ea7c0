"""TYP005: branches, arms and rows of different types, for which PostgreSQL wants one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._affinity import NUMBERS, affinity_of, is_number, text_literal
from sqlport.fixers._ordering import arms
from sqlport.model import Applicability
from sqlport.sql import Rewrite, replace
from sqlport.sql.match import operand, rewrite

_EMPTY = "a number is never that text, so that this asks for NULL alone; PostgreSQL wants one type: write IS NULL"
_CALLS = frozenset(["coalesce", "ifnull", "nullif"])


def find(context: Context) -> Iterator[Proposal]:
    """Every such expression, UNION and VALUES."""
    parsed = context.parsed
    told: set[int] = set()
    for compared in parsed.nodes(exp.EQ, exp.NEQ):
        asking, new = _asks_for_null(context, compared)
        if asking is not None and new is not None:
            told.add(id(asking))
            yield Proposal(parsed.span(compared), (new,), Applicability.SAFE, _EMPTY)
    for call in parsed.nodes(exp.Anonymous):
        if id(call) in told:
            continue
        arguments = call.expressions
        if call.this == "nullif" and len(arguments) == 2 and _never_equal(context, *arguments):
            yield Proposal(parsed.span(call), (rewrite(parsed, call, parsed.span(arguments[0])),), Applicability.SAFE)
        elif call.this in _CALLS:
            yield from _mixed(context, call, arguments)
        elif call.this == "iif":
            yield from _mixed(context, call, arguments[1:])
        elif call.this in ("lag", "lead") and len(arguments) == 3:
            yield from _mixed(context, call, [arguments[0], arguments[2]])
    for case in parsed.nodes(exp.Case):
        default = case.args.get("default")
        branches = [branch.args["true"] for branch in case.args["ifs"]]
        yield from _mixed(context, case, [*branches, default] if default is not None else branches)
    for kind in (exp.Union, exp.Intersect, exp.Except):
        for query in parsed.nodes(kind):
            yield from _columns(context, query, [arm.expressions for arm in arms(query)])
    for values in parsed.nodes(exp.Values):
        if not isinstance(values.parent, exp.Insert):
            rows = [row.expressions for row in values.expressions if isinstance(row, exp.Tuple)]
            yield from _columns(context, values, rows)


def _columns(context: Context, whole: exp.Expr, rows: Sequence[Sequence[exp.Expr]]) -> Iterator[Proposal]:
    if isinstance(whole.parent, exp.SetOperation) or not context.parsed.has_span(whole):
        return
    for cells in zip(*rows, strict=False):
        found = list(_mixed(context, cells[-1], [c.this if isinstance(c, exp.Alias) else c for c in cells]))
        if found:
            yield found[0]
            return


def _mixed(context: Context, whole: exp.Expr, branches: Sequence[exp.Expr]) -> Iterator[Proposal]:
    kinds = [context.semantics.kind(branch) for branch in branches]
    numbers = any(kind in NUMBERS or kind == "boolean" for kind in kinds)
    texts = [kind in ("text", "blob") for kind in kinds]
    if numbers and any(texts) and context.parsed.has_span(whole):
        yield Proposal(context.parsed.span(whole))


def _asks_for_null(context: Context, compared: exp.Expr) -> tuple[exp.Expr | None, Rewrite | None]:
    """The call of `ifnull(number, '') = ''`, which holds for NULL alone, and the comparison as IS NULL."""
    for side, other in ((compared.this, compared.expression), (compared.expression, compared.this)):
        call, text = side.unnest(), text_literal(other)
        if not isinstance(call, exp.Anonymous) or call.this not in ("ifnull", "coalesce") or text is None:
            continue
        arguments = call.expressions
        if len(arguments) != 2 or text_literal(arguments[1]) != text or is_number(text) or text == "NaN":
            continue
        if context.semantics.kind(arguments[0]) in NUMBERS and context.parsed.has_span(compared):
            word = " IS NULL" if isinstance(compared, exp.EQ) else " IS NOT NULL"
            span = context.parsed.span(compared)
            return call, replace(span, *operand(context.parsed, arguments[0]), word)
    return None, None


def _never_equal(context: Context, value: exp.Expr, other: exp.Expr) -> bool:
    """Whether `nullif(number, 'text')` is the number."""
    literal = text_literal(other)
    number = context.semantics.kind(value) in NUMBERS
    if literal is None or literal == "NaN":  # the one text that PostgreSQL takes for a number
        return False
    return number and not (is_number(literal) and affinity_of(context, value) == "NUMERIC")
