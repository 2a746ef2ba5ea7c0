"""What the JSON rules share: SQLite's paths, documents as PostgreSQL's json, values as JSON text.

Under the faithful profile a JSON column is text, so documents are cast where they are read. `json` (and not
`jsonb`) keeps the text of a document: the order of keys, numbers as written, no blanks where SQLite writes none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlglot import exp

from sqlport.fixers import Context
from sqlport.fixers._affinity import argument_type
from sqlport.model import Span
from sqlport.sql.match import is_atom

Parts = tuple[str | Span, ...]

GIVES_JSON = frozenset(
    """json json_array json_object json_group_array json_group_object json_set json_insert json_replace
    json_remove json_patch""".split()
)
"""Functions whose result is JSON for the next JSON function, and no string."""

_BECOME_OPERATIONS = frozenset("json_extract json_array json_object json_group_object strftime julianday total".split())
_STEP = re.compile(r"\.\"([^\"]*)\"|\.([^.\[\"]+)|\[(\d+)\]|\[#-(\d+)\]")
_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)
_PLAIN = re.compile(r"-?\w+", re.ASCII)


def path(text: str) -> tuple[str, ...] | None:
    """The steps of a path `$.a[0]`, as PostgreSQL counts them; None for one that it cannot say (`[#]`)."""
    if not text.startswith("$"):
        return None
    steps: list[str] = []
    at = 1
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            return None
        quoted, name, index, back = match.groups()
        if index is None and back is None:
            key = quoted if quoted is not None else name
            if key.lstrip("-").isdigit():
                return None  # PostgreSQL would take it for the index of an array, too
            steps.append(key)
        else:
            steps.append(index if index is not None else f"-{back}")
        at = match.end()
    return tuple(steps)


def literal_path(node: exp.Expr) -> tuple[str, ...] | None:
    """The steps of a path that is written in the statement."""
    return path(str(node.this)) if isinstance(node, exp.Literal) and node.is_string else None


def array(steps: Sequence[str]) -> str:
    """A path as the literal of a text array."""
    items = [item if _PLAIN.fullmatch(item) and item.upper() != "NULL" else _quoted_item(item) for item in steps]
    return string("{" + ",".join(items) + "}")


def _quoted_item(item: str) -> str:
    return '"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"'


def string(text: str) -> str:
    """A text as a SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def document(context: Context, node: exp.Expr, kind: str = "json") -> Parts:
    """The node as PostgreSQL's json (or jsonb)."""
    span = context.parsed.span(node)
    if is_json(context, node):
        return (span,)
    operand: Parts = (span,) if stays_atom(node) else ("(", span, ")")
    return (*operand, f"::{kind}")


def stays_atom(node: exp.Expr) -> bool:
    """Whether a node is one word or call, and stays one when it is ported itself."""
    return is_atom(node) and not (isinstance(node, exp.Anonymous) and node.this in _BECOME_OPERATIONS)


def is_json(context: Context, node: exp.Expr) -> bool:
    """Whether the node is PostgreSQL's json already, by an earlier rewriting."""
    while isinstance(node, exp.Paren | exp.JSONExtract | exp.JSONBExtract):
        node = node.this
    return isinstance(node, exp.Cast) and not context.parsed.is_sqlite_cast(node)


def member(base: Parts, steps: Sequence[str], *, as_text: bool) -> Parts:
    """What stands at a path of a document."""
    arrow = ">>" if as_text else ">"
    if len(steps) == 1:
        step = steps[0] if steps[0].lstrip("-").isdigit() else string(steps[0])
        return (*base, f" -{arrow} {step}")
    return (*base, f" #{arrow} {array(steps)}")


def value(context: Context, node: exp.Expr) -> Parts | None:
    """The node as PostgreSQL's json value; None where its type decides and is not known."""
    span = context.parsed.span(node)
    if isinstance(node, exp.Anonymous) and node.this in GIVES_JSON:
        return ("(", span, ")::json")
    kind = context.semantics.kind(node)
    if isinstance(node, exp.Null):
        return ("NULL::text",)
    if isinstance(node, exp.Literal) and node.is_string:
        return (span, "::text")
    if isinstance(node, exp.Placeholder):
        types = {"int": "bigint", "float": "double precision"}
        return (span, f"::{types.get(argument_type(context, node), 'text')}")
    return (span,) if kind in ("integer", "real", "numeric", "text", "any") else None


def text_of_value(context: Context, node: exp.Expr) -> Parts | None:
    """The JSON text of a node: `to_json(x)`, and `null` for NULL."""
    if isinstance(node, exp.Null):
        return ("'null'",)
    made = value(context, node)
    if made is None:
        return None
    certain = isinstance(node, exp.Anonymous) and node.this in ("json_array", "json_object", "json_group_array")
    if context.semantics.nullable(node) and not certain and not isinstance(node, exp.Placeholder):
        return ("coalesce(to_json(", *made, ")::text, 'null')")
    return ("to_json(", *made, ")")


def is_real(context: Context, nodes: Sequence[exp.Expr]) -> bool:
    """Whether one of them is a float, which SQLite writes as `2.0` and PostgreSQL as `2`."""
    return any(context.semantics.kind(node) in ("real", "numeric", "any") for node in nodes)


def compact(parts: Parts) -> Parts:
    """JSON text without the blanks that PostgreSQL writes and SQLite does not."""
    return ("regexp_replace(", *parts, r"""::text, '("(?:[^"\\]|\\.)*")|\s+', '\1', 'g')""")


def wants_number(context: Context, node: exp.Expr) -> bool:
    """Whether the node is compared with a number, or reckoned with."""
    node = outside_parentheses(node)
    parent = node.parent
    if isinstance(parent, exp.Add | exp.Sub | exp.Mul | exp.Div | exp.Mod | exp.Neg):
        return True
    if isinstance(parent, exp.Between):
        return parent.this is node and context.semantics.kind(parent.args["low"]) in ("integer", "real", "numeric")
    if isinstance(parent, exp.In) and parent.this is node and parent.expressions:
        return all(context.semantics.kind(item) in ("integer", "real", "numeric") for item in parent.expressions)
    if isinstance(parent, exp.Cast) and context.parsed.is_sqlite_cast(parent):
        from sqlport.catalog import affinity

        return affinity(context.parsed.cast_type(parent).of(context.parsed.text)) in ("INTEGER", "REAL", "NUMERIC")
    if isinstance(parent, exp.Anonymous):
        return parent.this in ("sum", "avg", "total", "abs", "round")
    if not isinstance(parent, _COMPARISONS):
        return False
    other = parent.expression if parent.this is node else parent.this
    return context.semantics.kind(other) in ("integer", "real", "numeric")


def equals_word(node: exp.Expr) -> bool:
    """Whether the node is only compared for equality with text that no number, boolean or document looks like."""
    node = outside_parentheses(node)
    parent = node.parent
    if isinstance(parent, exp.EQ | exp.NEQ):
        others = [parent.expression if parent.this is node else parent.this]
    elif isinstance(parent, exp.In) and parent.this is node and parent.expressions:
        others = parent.expressions
    else:
        return False
    return all(isinstance(other, exp.Literal) and other.is_string and _is_word(str(other.this)) for other in others)


def _is_word(text: str) -> bool:
    return re.match(r"[^\d\s\[{.+-]", text) is not None and text not in ("true", "false", "null")


def outside_parentheses(node: exp.Expr) -> exp.Expr:
    """The node with the parentheses round it."""
    while isinstance(node.parent, exp.Paren):
        node = node.parent
    return node
