"""PAT003: GLOB, as LIKE where its pattern allows it and as a regular expression where it has classes."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._citext import is_citext
from sqlport.fixers._patterns import negated, of_glob, operator, quoted
from sqlport.model import Applicability, Span
from sqlport.sql import replace, wrap
from sqlport.sql.match import operand, rewrite

_CONDITION = "the pattern has no class (`[...]`)"
_NEGATED = {"=": "<>", "LIKE": "NOT LIKE", "~": "!~"}


def find(context: Context) -> Iterator[Proposal]:
    """Every `a GLOB b` and `glob(b, a)`."""
    parsed = context.parsed
    for node in parsed.nodes(exp.Glob):
        if not parsed.has_span(node):
            continue
        words = operator(context, node)
        tail = Span(words.start, parsed.span(node.expression).end)
        made = _translated(context, node.expression, negated(context, words))
        if made is None:
            yield Proposal(parsed.span(node))
            continue
        before, inside, after, applicability = made
        parts = (before, parsed.span(node.expression), after) if inside else (before,)
        cast = (wrap(parsed.span(node.this), "", "::text"),) if is_citext(context, node.this) else ()
        condition = _CONDITION if applicability else ""
        yield Proposal(parsed.span(node), (*cast, replace(tail, *parts)), applicability, condition=condition)
    for call in parsed.calls("glob"):
        if len(call.expressions) == 2:
            yield _call(context, call)


def _call(context: Context, call: exp.Anonymous) -> Proposal:
    parsed = context.parsed
    pattern, value = call.expressions
    made = _translated(context, pattern, False)
    if made is None:
        return Proposal(parsed.span(call))
    before, inside, after, applicability = made
    cast = "::text" if is_citext(context, value) else ""
    tail = (before, parsed.span(pattern), after) if inside else (before,)
    new = rewrite(parsed, call, *operand(parsed, value), cast + " ", *tail)
    return Proposal(parsed.span(call), (new,), applicability, condition=_CONDITION if applicability else "")


def _translated(
    context: Context, pattern: exp.Expr, negative: bool
) -> tuple[str, bool, str, Applicability | None] | None:
    """The new operator with what stands before and behind the old pattern, and whether that stays."""
    if isinstance(pattern, exp.Literal) and pattern.is_string:
        found = of_glob(str(pattern.this))
        if found is None:
            return None
        word = _NEGATED[found.operator] if negative else found.operator
        return f"{word} {quoted(found.text)}", False, "", None
    if isinstance(pattern, exp.Literal | exp.Null):
        return None
    word = "NOT LIKE" if negative else "LIKE"
    before = f"{word} translate(replace(replace(replace("
    after = r", '\', '\\'), '%', '\%'), '_', '\_'), '*?', '%_')"
    return before, True, after, Applicability.UNSAFE
