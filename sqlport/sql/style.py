"""New text in the style of the text around it: keywords in lower case where the statement writes them so."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlport.sql.edits import Rewrite
from sqlport.sql.read import Parsed

_WORD = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\b[A-Z]{2,}\b")


def styled(parsed: Parsed, rewrites: Sequence[Rewrite]) -> tuple[Rewrite, ...]:
    """The rewrites with their keywords (words in capitals outside quotes) as the statement writes its own."""
    if not parsed.tokens or not parsed.tokens[0].text.islower():
        return tuple(rewrites)
    return tuple(
        Rewrite(
            rewrite.start,
            rewrite.end,
            tuple(_lowered(part) if isinstance(part, str) else part for part in rewrite.parts),
        )
        for rewrite in rewrites
    )


def _lowered(text: str) -> str:
    return _WORD.sub(lambda word: word[0] if word[0][0] in "'\"" else word[0].lower(), text)
