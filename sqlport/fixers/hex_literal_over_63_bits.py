"""LIT002: hexadecimal integers that fill all 64 bits, negative on SQLite."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.sql import replace

_HEXADECIMAL = re.compile(r"0[xX][0-9a-fA-F]+")
_SINCE = 16  # the first version that reads 0x1F as a number


def find(context: Context) -> Iterator[Proposal]:
    """Every one, and all of them unless the target is known to read hexadecimal integers."""
    old = (context.target.postgres_version or 0) < _SINCE
    tokens = context.parsed.tokens
    for index, token in enumerate(tokens):
        if not _HEXADECIMAL.fullmatch(token.text):
            continue
        value = int(token.text, 16)
        if value >= 2**63 or old:
            signed = value - 2**64 if 2**63 <= value < 2**64 else value
            negated = signed < 0 and index > 0 and tokens[index - 1].text == "-"
            yield Proposal(token.span, (replace(token.span, f"({signed})" if negated else str(signed)),))
