"""JSN001: json_extract() as an operator of PostgreSQL's json."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers import _json as json
from sqlport.sql.match import rewrite

STRING = "the value is a JSON string (numbers and booleans come back as text), and documents are stored without blanks"
ONCE = "no key occurs twice in a document (SQLite takes the first, PostgreSQL the last)"
NUMBER = "the value is a number"


def find(context: Context) -> Iterator[Proposal]:
    """Every call of json_extract()."""
    for node in context.parsed.calls("json_extract"):
        span = context.parsed.span(node)
        if len(node.expressions) != 2:
            yield Proposal(span, message=_SEVERAL)
            continue
        steps = json.literal_path(node.expressions[1])
        if steps is None:
            yield Proposal(span, message=_PATH)
            continue
        base = json.document(context, node.expressions[0])
        made = json.member(base, steps, as_text=True)
        if json.wants_number(context, node):
            rewritten = rewrite(context.parsed, node, "(", *made, ")::numeric")
            yield Proposal(span, (rewritten,), condition=NUMBER)
        else:
            condition = ONCE if json.equals_word(node) else STRING
            yield Proposal(span, (rewrite(context.parsed, node, *made),), condition=condition)


_SEVERAL = (
    "json_extract() with several paths gives one JSON array; PostgreSQL has no such function, "
    "so read each path by itself, or build the array with json_build_array()"
)
_PATH = (
    "this path is computed, or has a step that PostgreSQL's paths do not know; "
    "write it as a literal, or pass its keys to json_extract_path_text()"
)
