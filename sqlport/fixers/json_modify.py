"""JSN005: json_set(), json_replace(), json_remove(), json_insert(), json_patch()."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers import _json as json
from sqlport.sql.match import rewrite

_MESSAGES = {
    "json_insert": "PostgreSQL's jsonb_insert() raises for a key that exists, where json_insert() leaves it; "
    "test for the key, or use jsonb_set() with the old value",
    "json_patch": "PostgreSQL has no json_patch(): || merges only the first level and removes no key that is null; "
    "merge in the host, or with || where the documents are flat",
}
_PATH = (
    "this path is computed, or leads below the first level, where SQLite makes the objects in between and "
    "jsonb_set() changes nothing; write it with jsonb_set() for each level"
)


def find(context: Context) -> Iterator[Proposal]:
    """Every call that changes a document."""
    for node in context.parsed.calls("json_set", "json_replace", "json_remove", "json_insert", "json_patch"):
        span = context.parsed.span(node)
        name = str(node.this)
        if name in _MESSAGES or len(node.expressions) < 2:
            yield Proposal(span, message=_MESSAGES.get(name, _PATH))
            continue
        parts = _removed(context, node) if name == "json_remove" else _set(context, node, creates=name == "json_set")
        if parts is None:
            yield Proposal(span, message=_PATH)
        else:
            yield Proposal(span, (rewrite(context.parsed, node, *json.compact(parts)),))


def _removed(context: Context, node: exp.Anonymous) -> json.Parts | None:
    """Several paths are removed one after the other, as SQLite does."""
    parts = json.document(context, node.expressions[0], "jsonb")
    for argument in node.expressions[1:]:
        steps = json.literal_path(argument)
        if not steps:
            return None
        parts = ("jsonb_delete_path(", *parts, f", {json.array(steps)})")
    return parts


def _set(context: Context, node: exp.Anonymous, *, creates: bool) -> json.Parts | None:
    parts = json.document(context, node.expressions[0], "jsonb")
    arguments = node.expressions[1:]
    if len(arguments) % 2:
        return None
    for where, what in zip(arguments[::2], arguments[1::2], strict=True):
        steps = json.literal_path(where)
        if not steps or (creates and len(steps) > 1):
            return None
        new = _new(context, what)
        if new is None:
            return None
        parts = ("jsonb_set(", *parts, f", {json.array(steps)}, ", *new, ")" if creates else ", 'false')")
    return parts


def _new(context: Context, node: exp.Expr) -> json.Parts | None:
    """The new value as jsonb; jsonb_set() gives NULL for NULL, so that becomes JSON's null."""
    if isinstance(node, exp.Null):
        return ("'null'",)
    if isinstance(node, exp.Literal) and not node.is_string:
        return (f"'{node.this}'",)
    if isinstance(node, exp.Anonymous) and node.this in json.GIVES_JSON:
        return ("(", context.parsed.span(node), ")::jsonb")
    made = json.value(context, node)
    if made is None:
        return None
    if context.semantics.nullable(node):
        return ("coalesce(to_jsonb(", *made, "), 'null')")
    return ("to_jsonb(", *made, ")")
