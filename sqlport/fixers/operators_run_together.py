"""OPR006: operators without a space between them, which PostgreSQL reads as one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from sqlport.fixers import Context, Proposal
from sqlport.model import Span
from sqlport.sql import insert

_OPERATOR = frozenset("+-*/<>=~!@#%^&|`")
_KEEPS_SIGN = frozenset("~!@#%^&|`")


def find(context: Context) -> Iterator[Proposal]:
    """Every place between two operators where PostgreSQL sees none."""
    for run in _runs(context):
        text = Span(run[0].start, run[-1].end).of(context.parsed.text)
        at = 0
        for left, right in pairwise(run):
            negated = left.of(context.parsed.text) == "!"  # `!~`, of an earlier rewriting
            if _longest(text[at:]) != len(left) and not negated:
                yield Proposal(Span(left.start, right.end), (insert(right.start, " "),))
            at += len(left)


def _runs(context: Context) -> Iterator[list[Span]]:
    """Operators that touch each other."""
    run: list[Span] = []
    for token in context.parsed.tokens:
        operator = token.kind not in ("STRING", "IDENTIFIER") and _OPERATOR.issuperset(token.text)
        if run and (not operator or token.start != run[-1].end):
            if len(run) > 1:
                yield run
            run = []
        if operator and run and token.text == run[-1].of(context.parsed.text) and token.text in ("<", ">"):
            run[-1] = Span(run[-1].start, token.end)  # the tokens of a shift
        elif operator:
            run.append(token.span)
    if len(run) > 1:
        yield run


def _longest(text: str) -> int:
    """How much of the text PostgreSQL reads as the first operator."""
    for comment in ("--", "/*"):
        if comment in text:
            text = text[: text.index(comment)]
    length = len(text)
    while length > 1 and text[length - 1] in "+-" and not _KEEPS_SIGN & set(text[: length - 1]):
        length -= 1
    return length
