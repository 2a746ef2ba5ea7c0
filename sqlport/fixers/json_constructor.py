"""JSN003: json_object() and json_array() as text without blanks."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers import _json as json
from sqlport.sql.match import rewrite

_TYPE = (
    "one of these values or keys is of a kind that cannot be written here as SQLite writes it; "
    "use json_build_object() or json_build_array(), whose text has blanks"
)


def find(context: Context) -> Iterator[Proposal]:
    """Every call of json_object() and json_array()."""
    for node in context.parsed.calls("json_object", "json_array"):
        parts = _array(context, node) if node.this == "json_array" else _object(context, node)
        span = context.parsed.span(node)
        if parts is None:
            yield Proposal(span, message=_TYPE)
        else:
            yield Proposal(span, (rewrite(context.parsed, node, *parts),))


def _array(context: Context, node: exp.Anonymous) -> json.Parts | None:
    if not node.expressions:
        return ("'[]'",)
    made: json.Parts = ()
    for index, item in enumerate(node.expressions):
        found = json.text_of_value(context, item)
        if found is None:
            return None
        made = (*made, "'[' || " if index == 0 else " || ',' || ", *found)
    return (*made, " || ']'")


def _object(context: Context, node: exp.Anonymous) -> json.Parts | None:
    if not node.expressions:
        return ("'{}'",)
    made: json.Parts = ()
    keys, values = node.expressions[::2], node.expressions[1::2]
    for index, (key, item) in enumerate(zip(keys, values, strict=False)):
        found = json.text_of_value(context, item)
        if found is None or not isinstance(key, exp.Literal) or not key.is_string:
            return None
        opening = ("{" if index == 0 else ",") + _quoted(str(key.this)) + ":"
        made = (*made, f"{json.string(opening)} || " if index == 0 else f" || {json.string(opening)} || ", *found)
    return (*made, " || '}'")


def _quoted(key: str) -> str:
    from json import dumps

    return dumps(key, ensure_ascii=False)
