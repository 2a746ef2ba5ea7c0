"""PRAGMA statements in parts: the name and what it is set to."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlport.fixers import Context
from sqlport.model import Span
from sqlport.script import Part
from sqlport.sql import Rewrite, replace, wrap
from sqlport.sql.comments import without_comments

_PRAGMA = re.compile(
    r"""\s*PRAGMA\s+(?:[\w"'`\[\]]+\s*\.\s*)?(?P<name>\w+)\s*
    (?:=\s*(?P<value>[-+]?[\w.]+|\{\w+\}|'[^']*'|"[^"]*")|\(\s*(?P<argument>[-+]?[^)]*?)\s*\))?\s*;?\s*""",
    re.IGNORECASE | re.VERBOSE,
)
ON = frozenset(["1", "on", "true", "yes"])
OFF = frozenset(["0", "off", "false", "no"])


@dataclass(frozen=True, slots=True)
class Pragma:
    """`name` in lower case; `value` as written, without quotes, empty where it is only asked for."""

    name: str
    value: str
    span: Span

    @property
    def asks(self) -> bool:
        """Whether it asks for the value."""
        return not self.value


def pragma(context: Context) -> Pragma | None:
    """The statement as a PRAGMA, if it is one that can be read."""
    parsed = context.parsed
    if parsed.kind != "PRAGMA":
        return None
    span = Span(parsed.tokens[0].start, parsed.tokens[-1].end)
    found = read_pragma(without_comments(span.of(parsed.text)))
    if found is None:
        return None
    return Pragma(found.name, found.value, span)


def read_pragma(text: str) -> Pragma | None:
    """A text as a PRAGMA, if it is one."""
    match = _PRAGMA.fullmatch(text)
    if match is None:
        return None
    value = (match["value"] or match["argument"] or "").strip("'\"")
    return Pragma(match["name"].lower(), value, Span(0, len(text)))


def left_out(context: Context, why: str) -> Rewrite:
    """The statement as a comment: nothing is run, and a reader sees what was there."""
    span = Span(context.parsed.tokens[0].start, context.parsed.tokens[-1].end)
    if context.parsed.holes:  # computed text cannot be repeated, only stay where it is
        return wrap(span, "/* ", f": {why} */")
    text = span.of(context.parsed.text).replace("*/", "* /").replace("/*", "/ *")
    return replace(span, f"/* {text}: {why} */")


def like_minds_case(before: Part) -> bool:
    """Whether PRAGMA case_sensitive_like is on behind these statements."""
    on = False
    for text in before.starting("PRAGMA"):
        found = read_pragma(text)
        if found is not None and found.name == "case_sensitive_like" and found.value:
            on = found.value.lower() in ON
    return on
