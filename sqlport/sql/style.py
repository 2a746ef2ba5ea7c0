"""New text in the style of the text around it: keywords in lower case where it writes them so."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from sqlport.sql.edits import Rewrite
from sqlport.sql.read import Parsed

_WORD = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\b[A-Z]{2,}\b")
_KEYWORDS = frozenset(
    "SELECT INSERT UPDATE DELETE REPLACE WITH FROM WHERE AND OR NOT ON USING SET VALUES LIKE GLOB IN IS BETWEEN"
    " JOIN LEFT INNER CROSS NATURAL CREATE TABLE INDEX VIEW ALTER HAVING LIMIT OFFSET UNION ASC DESC CASE WHEN THEN"
    " ELSE END AS DISTINCT INTO COLLATE UNIQUE DEFAULT REFERENCES CHECK CONSTRAINT".split()
) | {"ORDER BY", "GROUP BY", "PARTITION BY", "PRIMARY KEY", "FOREIGN KEY"}
_FUNCTIONS = frozenset(("LIKE", "GLOB", "REPLACE"))


def styled(parsed: Parsed, rewrites: Sequence[Rewrite]) -> tuple[Rewrite, ...]:
    """The rewrites with their keywords (words in capitals outside quotes) as the keyword at or before them is."""
    following = (*parsed.tokens[1:], None)
    keywords = [
        token
        for token, after in zip(parsed.tokens, following, strict=True)
        if token.word in _KEYWORDS and not (token.word in _FUNCTIONS and after and after.text == "(")
    ]
    starts = [token.start for token in keywords]

    def in_style(rewrite: Rewrite) -> Rewrite:
        before = bisect_right(starts, rewrite.start) - 1
        if before < 0 or not keywords[before].text.islower():
            return rewrite
        parts = tuple(_lowered(part) if isinstance(part, str) else part for part in rewrite.parts)
        return replace(rewrite, parts=parts)

    return tuple(map(in_style, rewrites))


def _lowered(text: str) -> str:
    return _WORD.sub(lambda word: word[0] if word[0][0] in "'\"" else word[0].lower(), text)
