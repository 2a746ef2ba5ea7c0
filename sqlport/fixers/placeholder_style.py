"""PRM001: SQLite's `?`, `?1`, `:a`, `@a`, `$a` as the target's driver spells them."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.model import Applicability, HoleKind, Span
from sqlport.sql import replace
from sqlport.sql.parameters import spelled

_MAY_HOLD = frozenset([HoleKind.CLAUSE])
_CONDITION = "the text that the program puts in here holds no placeholders"
_LIST = (
    "the program builds a list of placeholders here, and PostgreSQL's are numbered through the whole"
    " statement; bind the list as one array (`= ANY($1)`), or number all of them where the text is built"
)


def find(context: Context) -> Iterator[Proposal]:
    """Every placeholder, where the call takes those of the target."""
    if not context.speaks_target:
        return
    computed = {hole.kind for hole in context.parsed.holes} if context.target.driver == "numbered" else set()
    if HoleKind.PLACEHOLDERS in computed:
        for hole in context.parsed.holes:
            if hole.kind is HoleKind.PLACEHOLDERS:
                yield Proposal(Span(hole.start, hole.end), message=_LIST)
        return
    careful = Applicability.UNSAFE if computed & _MAY_HOLD else None
    for placeholder, text in spelled(context.parsed, context.target.driver):
        if placeholder.text != text:
            rewrites = (replace(placeholder.span, text),)
            yield Proposal(placeholder.span, rewrites, applicability=careful, condition=_CONDITION if careful else "")
