"""IDX003: expressions in an index whose value PostgreSQL does not take for fixed."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._tables import created_index
from sqlport.model import Span

_STABLE = frozenset(
    """DATE TIME DATETIME STRFTIME JULIANDAY UNIXEPOCH TIMEDIFF CURRENT_TIMESTAMP CURRENT_DATE CURRENT_TIME
    TO_CHAR TO_DATE TO_TIMESTAMP FORMAT CONCAT CONCAT_WS NOW""".split()
)


def find(context: Context) -> Iterator[Proposal]:
    """Every term, and the condition, of an index that calls what depends on settings of the session."""
    index = created_index(context)
    if index is None:
        return
    parts = [term.expression for term in index.terms if term.name is None]
    for span in (*parts, *([index.where] if index.where else [])):
        called = _called(context, span)
        if called:
            message = (
                f"{called} may answer differently in another session, so PostgreSQL does not index it (42P17); index "
                "what is stored (substr() of a date's text), or a function of your own that is declared IMMUTABLE"
            )
            yield Proposal(span, message=message)


def _called(context: Context, span: Span) -> str:
    tokens = context.parsed.tokens_in(span)
    for token, following in zip(tokens, (*tokens[1:], None), strict=True):
        call = following is not None and following.text == "("
        if token.word in _STABLE and (call or token.word.startswith("CURRENT_")):
            return f"{token.text.lower()}()" if call else token.text
        if token.text == "::" and following is not None and following.word.startswith(("TIMESTAMP", "DATE", "TIME")):
            return f"the cast to {following.text}"
    return ""
