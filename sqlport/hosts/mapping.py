"""Edits of SQL as edits of the literals it is written in: pure arithmetic over origins, for every host."""

from __future__ import annotations

import difflib
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlport.hosts import Refusal
from sqlport.model import Edit, FileEdit, Literal, Origin, Statement

_MESSAGES = {
    "hole": "the edit touches text that the program computes",
    "conflicting-uses": "the same literal is used by another statement that needs it otherwise",
    "unwritable": "the literal cannot say the new text (a raw string, or an escape beside the edit)",
    "stale": "the file no longer says what the statement was read from",
    "other-file": "the text is written in another file, which was not given",
    "unparsable": "the file would not be valid Python afterwards",
    "encoding": "the file's encoding does not give back its own bytes",
}


class Unmappable(Exception):  # noqa: N818 - a refusal, not an error
    """The edits cannot be made; `reason` is one of those of `sqlport.hosts.Refusal`, `message` says it in words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.message = _MESSAGES[reason]


def refusal(statement_id: str, problem: Unmappable) -> Refusal:
    """The problem as a value."""
    return Refusal(statement_id, problem.reason, problem.message)


def apart(edits: Sequence[FileEdit]) -> list[FileEdit]:
    """The edits of one file in order, each once. Raises Unmappable when two overlap."""
    ordered = sorted(dict.fromkeys(edits), key=lambda edit: (edit.start, edit.end))
    if any(left.end > right.start for left, right in itertools.pairwise(ordered)):
        raise Unmappable("conflicting-uses")
    return ordered


BEHIND = -1
_QUOTES = 8  # two times three, and a prefix
_NEAR = 80  # characters between literals that are joined where they stand


@dataclass(frozen=True, slots=True)
class LiteralEdit:
    """Replace the decoded characters `[start, end)` of a literal, which say `old`, by `text`.

    `BEHIND` for both is the place behind the computed text with which the literal ends.
    """

    literal: Literal
    start: int
    end: int
    old: str
    text: str


@dataclass(frozen=True, slots=True)
class _Range:
    """Characters `[start, end)` of a literal, and where they are in the SQL."""

    literal: Literal
    start: int
    end: int
    sql_start: int
    sql_end: int


def literal_edits(statement: Statement, edits: Sequence[Edit]) -> list[LiteralEdit]:
    """The statement's edits over its literals, in SQL order.

    A replacement that crosses literals is split where the unchanged words tell how; what remains goes to the
    first of them. Raises Unmappable (`hole`) where a character to replace is computed.
    """
    found: list[LiteralEdit] = []
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        for small in _trimmed(statement.sql, edit):
            found.extend(_one(statement, small))
    return found


def _trimmed(sql: str, edit: Edit) -> list[Edit]:
    """The edit without what old and new text have in common at both ends."""
    old, new = sql[edit.start : edit.end], edit.text
    if old == new:
        return []
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return [Edit(edit.start + head, edit.end - tail, new[head : len(new) - tail])]


def _one(statement: Statement, edit: Edit) -> list[LiteralEdit]:
    if edit.start == edit.end:
        return [_insertion(statement, edit)]
    try:
        ranges = _ranges(statement, edit.start, edit.end)
    except Unmappable:
        parts = _by_words(statement.sql, edit)
        if parts == [edit]:
            raise
        return [small for part in parts for small in _one(statement, part)]
    if len(ranges) == 1:
        return [_replace(statement, ranges[0], edit.text)]
    if edit.text:
        parts = _by_words(statement.sql, edit)
        if parts != [edit]:
            return [small for part in parts for small in _one(statement, part)]
    first, *rest = ranges
    return [_replace(statement, first, edit.text), *(_replace(statement, each, "") for each in rest)]


_WORD = re.compile(r"\{\w+\}|\w+|\s+|.", re.DOTALL)


def _by_words(sql: str, edit: Edit) -> list[Edit]:
    """The edit as smaller ones between the words that stay."""
    old, new = _WORD.findall(sql[edit.start : edit.end]), _WORD.findall(edit.text)
    if len(old) * len(new) > 250_000:
        return [edit]
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    parts = []
    at = edit.start
    for operation, a, b, c, d in matcher.get_opcodes():
        size = sum(map(len, old[a:b]))
        if operation != "equal":
            parts.append(Edit(at, at + size, "".join(new[c:d])))
        at += size
    return parts


def _insertion(statement: Statement, edit: Edit) -> LiteralEdit:
    """Behind the character before it, so that new text joins what it continues; else before the next.

    Never behind a word that is kept elsewhere (`MODE = "WAL"`): a name or a value means more than this statement.
    """
    if edit.start:
        origin = _origin_at(statement.origins, edit.start - 1)
        if origin is not None and not _is_kept_word(statement, origin):
            before = _range(origin, edit.start - 1, edit.start, statement.sql)
            return LiteralEdit(origin.literal, before.end, before.end, "", _said(edit.text, origin.literal))
    origin = _origin_at(statement.origins, edit.start)
    if origin is None:
        return _behind(statement, edit)
    after = _range(origin, edit.start, edit.start + 1, statement.sql)
    return LiteralEdit(origin.literal, after.start, after.start, "", _said(edit.text, origin.literal))


def _is_kept_word(statement: Statement, origin: Origin) -> bool:
    """Whether it is a whole literal of one word, written somewhere else than the text that it is put into."""
    literal, text = origin.literal, statement.sql[origin.start : origin.end]
    if origin.offset or literal.templated or not re.fullmatch(r"\w+", text):
        return False
    if literal.end - literal.start > len(text) + _QUOTES:
        return False
    written = [one for one in statement.origins if not statement.sql[one.start : one.end].isspace()]  # not what joins
    before = [other.literal for other in written if other.end <= origin.start and other.literal != literal]
    return bool(before) and not (
        before[-1].path == literal.path and before[-1].end <= literal.start <= before[-1].end + _NEAR
    )


def _behind(statement: Statement, edit: Edit) -> LiteralEdit:
    """Behind computed text with which the statement ends. Raises Unmappable where more is written behind it."""
    written = [origin for origin in statement.origins if not _is_kept_word(statement, origin)]
    before = [origin for origin in written if origin.end <= edit.start]
    if not before or len(before) < len(written) or statement.host != "python":
        raise Unmappable("hole")
    behind = [hole for hole in statement.holes if hole.start >= before[-1].end]
    if len(behind) > 1 or statement.sql[edit.start :].strip(" \t\r\n;"):
        raise Unmappable("hole")
    literal = before[-1].literal
    return LiteralEdit(literal, BEHIND, BEHIND, "", _said(edit.text, literal))


def _replace(statement: Statement, where: _Range, text: str) -> LiteralEdit:
    old = _said(statement.sql[where.sql_start : where.sql_end], where.literal)
    return LiteralEdit(where.literal, where.start, where.end, old, _said(text, where.literal))


def _said(text: str, literal: Literal) -> str:
    """SQL text as the literal's decoded text has it, before `%` or `.format` works on it."""
    if literal.templated == "%":
        return text.replace("%", "%%")
    if literal.templated == "format":
        return text.replace("{", "{{").replace("}", "}}")
    if literal.templated == "$":
        return text.replace("$", "$$")
    return text


def _ranges(statement: Statement, start: int, end: int) -> list[_Range]:
    """Where the SQL's `[start, end)` is written, neighbours in one literal joined. Raises Unmappable."""
    found: list[_Range] = []
    at = start
    for origin in statement.origins:
        if origin.end <= at or origin.start >= end:
            continue
        if origin.start > at:
            raise Unmappable("hole")
        part = _range(origin, at, min(end, origin.end), statement.sql)
        if found and found[-1].literal == part.literal and found[-1].end == part.start:
            last = found[-1]
            found[-1] = _Range(last.literal, last.start, part.end, last.sql_start, part.sql_end)
        else:
            found.append(part)
        at = part.sql_end
    if at < end:
        raise Unmappable("hole")
    return found


def _range(origin: Origin, start: int, end: int, sql: str) -> _Range:
    doubled = {"%": "%", "format": "{}", "$": "$"}.get(origin.literal.templated, "")
    a = origin.offset + start - origin.start
    # A doubled character ends its origin: the next one is written two places on.
    b = origin.offset + end - origin.start + (1 if sql[end - 1] in doubled and doubled else 0)
    return _Range(origin.literal, a, b, start, end)


def _origin_at(origins: Sequence[Origin], at: int) -> Origin | None:
    return next((origin for origin in origins if origin.start <= at < origin.end), None)


def conflicts(mapped: Sequence[tuple[Statement, Sequence[LiteralEdit]]]) -> list[int]:
    """The positions of the statements whose edits another use of the same literal does not agree with.

    A use agrees when it makes the very same edit. A refused statement makes no edits any more, so the others
    are judged again.
    """
    made = [Counter(edits) for _, edits in mapped]
    uses = _uses(mapped)
    refused: list[int] = []
    while True:
        losers = [index for index, counter in enumerate(made) if any(not _agreed(edit, made, uses) for edit in counter)]
        if not losers:
            return refused
        refused += losers
        for index in losers:
            made[index] = Counter()


_Uses = dict["tuple[str, int, int]", "list[tuple[int, int, int]]"]


def _uses(mapped: Sequence[tuple[Statement, Sequence[LiteralEdit]]]) -> _Uses:
    """For each literal text: which statement uses which characters."""
    uses: _Uses = {}
    for index, (statement, _) in enumerate(mapped):
        for used in _joined(statement):
            literal = used.literal
            key = (literal.path, literal.start, literal.fragment)
            uses.setdefault(key, []).append((index, used.start, used.end))
    return uses


def _joined(statement: Statement) -> list[_Range]:
    """What the statement uses of its literals; origins that only a doubled character parts are one use."""
    found: list[_Range] = []
    for origin in statement.origins:
        part = _range(origin, origin.start, origin.end, statement.sql)
        last = found[-1] if found else None
        if last and (last.literal, last.end, last.sql_end) == (part.literal, part.start, part.sql_start):
            found[-1] = _Range(last.literal, last.start, part.end, last.sql_start, part.sql_end)
        else:
            found.append(part)
    return found


def _agreed(edit: LiteralEdit, made: Sequence[Counter[LiteralEdit]], uses: _Uses) -> bool:
    literal = edit.literal
    touched: Counter[int] = Counter()
    for index, start, end in uses.get((literal.path, literal.start, literal.fragment), ()):
        inside = start <= edit.start <= end if edit.start == edit.end else start < edit.end and edit.start < end
        if inside:
            touched[index] += 1
    return all(made[index][edit] == count for index, count in touched.items())
