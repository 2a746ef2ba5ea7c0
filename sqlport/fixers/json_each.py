"""JSN007: json_each() in FROM, as the elements of an array."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers import _json as json
from sqlport.sql import Rewrite

_COLUMNS = frozenset("key value type atom id parent fullkey path json root".split())
_MORE = (
    "PostgreSQL's json_each() gives the members of an object as json, without type, atom and path; use "
    "json_array_elements_text() WITH ORDINALITY for arrays, json_each_text() for objects"
)
_KIND = "the value is compared with something whose kind is not known, so it is not clear what to cast it to; cast it"


def find(context: Context) -> Iterator[Proposal]:
    """Every json_each() in FROM, but for a literal object of which key and value are read."""
    for call in context.parsed.calls("json_each"):
        table = call.parent
        if not isinstance(table, exp.Table):
            continue
        used = _used(context, table)
        if _is_plain_object(call) and used <= {"key", "value"}:
            continue
        span = context.parsed.span(call)
        steps = json.literal_path(call.expressions[1]) if len(call.expressions) > 1 else ()
        if used != {"value"} or not call.expressions or steps is None:
            yield Proposal(span, message=_MORE)
            continue
        yield _proposal(context, call, table, steps)


def _proposal(context: Context, call: exp.Anonymous, table: exp.Table, steps: tuple[str, ...]) -> Proposal:
    parsed = context.parsed
    base = json.document(context, call.expressions[0])
    made = json.member(base, steps, as_text=False) if steps else base
    whole = parsed.span(table)
    alias = table.alias or ("json_each" if _is_qualified(table) else "")
    name = f"{alias} (value)" if alias else "value"
    elements = Rewrite(whole.start, whole.end, ("json_array_elements_text(", *made, f") AS {name}"))
    membership = _membership(table)
    if membership is None:
        return Proposal(parsed.span(call), (elements,))
    column, tested = membership
    kind = context.semantics.kind(tested)
    if kind == "text":
        return Proposal(parsed.span(call), (elements,))
    if kind not in ("integer", "real", "numeric"):
        return Proposal(parsed.span(call), message=_KIND)
    type_name = {"integer": "bigint", "real": "double precision", "numeric": "numeric"}[kind]
    place = parsed.span(column)
    cast = Rewrite(place.start, place.end, (place, f"::{type_name}"))
    return Proposal(parsed.span(call), (elements, cast), condition=f"the array holds values of the type {type_name}")


def _is_qualified(table: exp.Table) -> bool:
    """Whether the function's own name stands before its columns."""
    select = table.find_ancestor(exp.Select)
    return select is not None and any(column.table.lower() == "json_each" for column in select.find_all(exp.Column))


def _membership(table: exp.Table) -> tuple[exp.Column, exp.Expr] | None:
    """For `x IN (SELECT value FROM json_each(...))`: the column and x."""
    select = table.find_ancestor(exp.Select)
    if select is None or len(select.expressions) != 1 or not isinstance(select.expressions[0], exp.Column):
        return None
    parent = select.parent
    while isinstance(parent, exp.Subquery | exp.Paren):
        parent = parent.parent
    return (select.expressions[0], parent.this) if isinstance(parent, exp.In) else None


def _used(context: Context, table: exp.Table) -> frozenset[str]:
    """The columns of the function that its query reads; all of them for a star."""
    select = table.find_ancestor(exp.Select)
    if select is None:
        return _COLUMNS
    if any(isinstance(item, exp.Star) for item in select.expressions):
        return _COLUMNS
    alias = (table.alias or "json_each").lower()
    found: set[str] = set()
    for column in select.find_all(exp.Column):
        name, qualifier = column.name.lower(), column.table.lower()
        if qualifier == alias or (not qualifier and name in _COLUMNS and context.semantics.column(column) is None):
            found.add(name)
    return frozenset(found)


def _is_plain_object(call: exp.Anonymous) -> bool:
    """Whether it is given a literal object, which PostgreSQL's json_each() takes apart just so."""
    if len(call.expressions) != 1 or not isinstance(call.expressions[0], exp.Literal):
        return False
    return str(call.expressions[0].this).lstrip().startswith("{")
