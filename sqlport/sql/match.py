"""Patterns over trees: `ifnull($a, $b)` finds calls, and a template says what they become, captures verbatim."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp

from sqlport.model import Span
from sqlport.sql.edits import Rewrite
from sqlport.sql.read import Parsed, read

_VARIABLE = re.compile(r"\$([a-z_][a-z0-9_]*)")
_ATOMS = (
    exp.Anonymous,
    exp.Column,
    exp.Identifier,
    exp.Literal,
    exp.HexString,
    exp.Placeholder,
    exp.Paren,
    exp.Tuple,
    exp.Subquery,
    exp.Exists,
    exp.Cast,
    exp.Case,
    exp.Null,
    exp.Boolean,
    exp.Star,
    exp.CurrentTimestamp,
    exp.CurrentDate,
    exp.CurrentTime,
    exp.Window,
    exp.Filter,
)
_DELIMITING = (
    exp.Anonymous,
    exp.Paren,
    exp.Tuple,
    exp.Select,
    exp.Alias,
    exp.Where,
    exp.Having,
    exp.Case,
    exp.If,
    exp.Group,
    exp.Ordered,
    exp.Limit,
    exp.Offset,
    exp.Returning,
    exp.Distinct,
)


@dataclass(frozen=True, slots=True)
class Match:
    """A place where a pattern fits, and the nodes that its variables stand for."""

    node: exp.Expr
    captures: Mapping[str, exp.Expr]


@dataclass(frozen=True, slots=True)
class Pattern:
    """An expression with variables (`$a`); equal variables stand for equal expressions."""

    text: str
    tree: exp.Expr

    def find(self, parsed: Parsed) -> Iterator[Match]:
        """Every node of the statement that the pattern fits."""
        for node in parsed.nodes(type(self.tree)):
            captures: dict[str, exp.Expr] = {}
            if _fits(self.tree, node, captures) and parsed.has_span(node):
                yield Match(node, captures)


def compile_pattern(text: str) -> Pattern:
    """Read a pattern; raises ValueError where it is no SQL expression."""
    parsed = read("SELECT " + text)
    if not isinstance(parsed.tree, exp.Select) or len(parsed.tree.expressions) != 1:
        why = parsed.problem.message if parsed.problem else "more than one"
        raise ValueError(f"not an expression: {text!r} ({why})")
    return Pattern(text, parsed.tree.expressions[0])


def _fits(pattern: exp.Expr, node: exp.Expr, captures: dict[str, exp.Expr]) -> bool:
    if isinstance(pattern, exp.Placeholder) and str(pattern.this).startswith("$"):
        name = str(pattern.this)[1:]
        return captures.setdefault(name, node) == node
    if type(pattern) is not type(node):
        return False
    keys = {key for key, value in (*pattern.args.items(), *node.args.items()) if value}
    return all(_same(pattern.args.get(key), node.args.get(key), captures) for key in keys)


def _same(pattern: object, value: object, captures: dict[str, exp.Expr]) -> bool:
    if isinstance(pattern, exp.Expr):
        return isinstance(value, exp.Expr) and _fits(pattern, value, captures)
    if isinstance(pattern, list):
        if not isinstance(value, list) or len(pattern) != len(value):
            return False
        return all(_same(a, b, captures) for a, b in zip(pattern, value, strict=True))
    return pattern == value


def is_atom(node: exp.Expr) -> bool:
    """Whether a node needs no parentheses wherever an operand may stand."""
    return isinstance(node, _ATOMS)


def operand(parsed: Parsed, node: exp.Expr) -> tuple[str | Span, ...]:
    """A node as the operand of any operator: in parentheses where it is an operation itself."""
    span = parsed.span(node)
    return (span,) if is_atom(node) and not is_made_up(parsed, node) else ("(", span, ")")


def is_made_up(parsed: Parsed, node: exp.Expr) -> bool:
    """Whether it is a pair of parentheses that the parser put round `a || b`, and no text stands for."""
    return isinstance(node, exp.Paren) and parsed.has_span(node.this) and parsed.span(node) == parsed.span(node.this)


def rewrite(parsed: Parsed, node: exp.Expr, *parts: str | Span) -> Rewrite:
    """Replace a node by `parts`, in parentheses where the new text would fall apart in its surroundings."""
    span = parsed.span(node)
    skeleton = "".join(part if isinstance(part, str) else "x" for part in parts)
    if _needs_parentheses(skeleton, node):
        parts = ("(", *parts, ")")
    return Rewrite(span.start, span.end, parts)


def _needs_parentheses(text: str, node: exp.Expr) -> bool:
    if _is_closed(text) or isinstance(node.parent, _DELIMITING) or node.parent is None:
        return False
    if isinstance(node.parent, exp.And | exp.Or | exp.Not | exp.Join):
        # Comparisons bind tighter than these; only another AND, OR or NOT would fall apart.
        return re.search(r"\b(AND|OR|NOT)\b", text, re.IGNORECASE) is not None
    return True


def _is_closed(text: str) -> bool:
    """Whether a text is one word, one literal, one call, or stands in parentheses or CASE ... END."""
    text = re.sub(r"(?<=[\w)'\"])(::\w+(?: precision)?)+$", "", text.strip())
    if re.fullmatch(r"[\w.]+|'(?:[^']|'')*'", text) or re.fullmatch(r"(?is)case\b.*\bend", text):
        return True
    opening = re.match(r"[\w.]*\(", text)
    if opening is None:
        return False
    depth = 0
    for step in re.finditer(r"'(?:[^']|'')*'|[()]", text):
        depth += {"(": 1, ")": -1}.get(step.group(), 0)
        if depth == 0 and step.group() == ")":
            return step.end() == len(text)
    return False


def fill(template: str, match: Match, parsed: Parsed) -> Rewrite:
    """The rewrite of a match by a template whose variables are the pattern's."""
    parts: list[str | Span] = []
    at = 0
    for variable in _VARIABLE.finditer(template):
        parts.append(template[at : variable.start()])
        at = variable.end()
        node = match.captures[variable[1]]
        before = template[: variable.start()].rstrip()[-1:]
        after = template[at:].lstrip()[:1]
        if before in ("", "(", ",") and after in ("", ")", ",") and (before or after):
            parts.append(parsed.span(node))
        else:
            parts.extend(operand(parsed, node))
    parts.append(template[at:])
    return rewrite(parsed, match.node, *(part for part in parts if part != ""))
