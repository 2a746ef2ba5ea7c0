"""Edits of statements back into the literals where the SQL is written: all that is asked, proven, or nothing."""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlport.files import encode
from sqlport.hosts import Refusal
from sqlport.hosts.mapping import BEHIND, LiteralEdit, Unmappable, apart, literal_edits, refusal
from sqlport.hosts.python.encode import TokenEdit, edit_token, says
from sqlport.hosts.python.literals import LiteralError, Token, scan
from sqlport.hosts.python.source import Source, parse
from sqlport.model import Edit, FileEdit, Finding, Literal, SourceFile, Statement


def map_edits(
    statement: Statement, edits: Sequence[Edit], files: Mapping[str, SourceFile]
) -> tuple[FileEdit, ...] | Refusal:
    """A statement's edits as edits of the files that hold its literals; nothing is changed.

    `files` maps the paths of `statement.origins` to what was read when the statement was found. What is
    returned was proven: each literal, decoded again, says exactly the expected text.
    """
    try:
        return written(literal_edits(statement, edits), files)
    except Unmappable as problem:
        return refusal(statement.id, problem)


def written(edits: Sequence[LiteralEdit], files: Mapping[str, SourceFile]) -> tuple[FileEdit, ...]:
    """Edits of literals as edits of files. Raises Unmappable."""
    by_literal: dict[tuple[str, int], list[LiteralEdit]] = {}
    for edit in dict.fromkeys(edits):  # one literal may be used twice
        by_literal.setdefault((edit.literal.path, edit.literal.start), []).append(edit)
    found: list[FileEdit] = []
    for (path, _), group in by_literal.items():
        file = files.get(path)
        if file is None:
            raise Unmappable("other-file")
        found.extend(_in_file(file, group))
    return tuple(sorted(found, key=lambda edit: (edit.path, edit.start, edit.end)))


def _in_file(file: SourceFile, group: Sequence[LiteralEdit]) -> list[FileEdit]:
    literal = group[0].literal
    token = _token(file, literal)
    group = [_placed(edit, token) for edit in group]
    edits = sorted(
        (TokenEdit(edit.literal.fragment, edit.start, edit.end, edit.text) for edit in group),
        key=lambda edit: (edit.fragment, edit.start, edit.end),
    )
    for edit, wanted in zip(edits, sorted(group, key=_order), strict=True):
        if edit.fragment >= len(token.fragments):
            raise Unmappable("stale")
        if token.fragments[edit.fragment].text[edit.start : edit.end] != wanted.old:
            raise Unmappable("stale")
    for left, right in itertools.pairwise(edits):
        if left.fragment == right.fragment and left.end > right.start:
            raise Unmappable("conflicting-uses")
    changes = edit_token(file.text, token, edits, file.encoding)
    if changes is None:
        raise Unmappable("unwritable")
    return [FileEdit(file.path, change.start, change.end, change.text) for change in changes]


_COMPUTED = {"%": re.compile(r"%[-#0-9]*[dirs]\s*;?\s*$"), "format": re.compile(r"\{[^{}]*\}\s*;?\s*$")}


def _placed(edit: LiteralEdit, token: Token) -> LiteralEdit:
    """An insertion behind the computed end of a literal, with its place there. Raises Unmappable elsewhere."""
    if edit.start != BEHIND:
        return edit
    number = edit.literal.fragment
    if edit.literal.templated:
        found = _COMPUTED[edit.literal.templated].search(token.fragments[number].text)
        if found is None or token.fields or token.fragments[number].text.count(found.group()) > 1:
            raise Unmappable("hole")
        at = found.start() + len(found.group().rstrip(" \t\r\n;"))
        return replace(edit, start=at, end=at)
    if len(token.fragments) != number + 2 or token.fragments[number + 1].text.strip(" \t\r\n;"):
        raise Unmappable("hole")
    return replace(edit, literal=replace(edit.literal, fragment=number + 1), start=0, end=0)


def _order(edit: LiteralEdit) -> tuple[int, int, int]:
    return edit.literal.fragment, edit.start, edit.end


def _token(file: SourceFile, literal: Literal) -> Token:
    try:
        token = scan(file.text, literal.start)
    except LiteralError as error:
        raise Unmappable("stale") from error
    if token.end != literal.end:
        raise Unmappable("stale")
    return token


def apply_around(file: SourceFile, edits: Sequence[FileEdit]) -> str:
    """The file's text with edits of any part of it. Raises Unmappable where they overlap or break the file."""
    text = _spliced(file.text, apart(edits))
    try:
        data = encode(file, text)
    except UnicodeEncodeError as error:
        raise Unmappable("unwritable") from error
    if isinstance(parse(SourceFile(file.path, data, text, file.encoding, file.bom)), Finding):
        raise Unmappable("unparsable")
    return text


@dataclass(frozen=True, slots=True)
class _Change:
    token: Token
    edits: tuple[FileEdit, ...]
    new: str


def apply(file: SourceFile, edits: Sequence[FileEdit]) -> str:
    """The file's text with the edits made; each must lie inside a string literal of the file.

    Proven before it is returned: every edited literal says its old text with the edits made, all others and
    every byte between them are the same, and the file parses. Raises `sqlport.hosts.mapping.Unmappable` with
    the reason otherwise; nothing is written to disk here.
    """
    ordered = apart(edits)
    if not ordered:
        return file.text
    try:
        unchanged = encode(file, file.text) == file.data
    except UnicodeEncodeError:
        unchanged = False
    if not unchanged:
        raise Unmappable("encoding")
    source = parse(file)
    if isinstance(source, Finding):
        raise Unmappable("unparsable")
    changes = _changes(source, ordered)
    text = _spliced(file.text, ordered)
    _check(file, source, changes, text)
    return text


def _changes(source: Source, edits: Sequence[FileEdit]) -> list[_Change]:
    """The edits by the string token that they are in, with the token's new source."""
    tokens = source.all_tokens()
    starts = [token.start for token in tokens]
    groups: dict[int, list[FileEdit]] = {}
    for edit in edits:
        index = bisect.bisect_right(starts, edit.start) - 1
        token = tokens[index] if index >= 0 else None
        if token is None or edit.end > token.end - len(token.quote):
            raise Unmappable("stale")
        groups.setdefault(index, []).append(edit)
    changes = []
    for index, group in groups.items():
        token = tokens[index]
        new = _spliced(source.text[token.start : token.end], group, token.start)
        if not says(new, token, _expected(token, group)):
            raise Unmappable("unwritable")
        changes.append(_Change(token, tuple(group), new))
    return changes


def _expected(token: Token, edits: Sequence[FileEdit]) -> list[str]:
    """What the token's fragments say with the edits made, worked out on the decoded side."""
    opening = token.prefix + token.quote
    texts: list[str] = []
    taken = 0
    for fragment in token.fragments:
        end_of_fragment = fragment.ends[-1] if fragment.text else fragment.at
        pieces: list[str] = []
        at = 0
        for edit in edits:
            if not fragment.at <= edit.start <= edit.end <= max(end_of_fragment, fragment.at):
                continue
            taken += 1
            start = bisect.bisect_left(fragment.starts, edit.start)
            end = bisect.bisect_right(fragment.ends, edit.end) if edit.end > edit.start else start
            try:
                inserted = scan(f"{opening} {edit.text} {token.quote}", 0)  # spaced: it may begin with a quote
            except LiteralError as error:
                raise Unmappable("unwritable") from error
            pieces += (fragment.text[at:start], inserted.fragments[0].text[1:-1])
            at = max(end, start)
        texts.append("".join(pieces) + fragment.text[at:])
    if taken != len(edits):
        raise Unmappable("stale")
    return texts


def _spliced(text: str, edits: Sequence[FileEdit], base: int = 0) -> str:
    pieces: list[str] = []
    at = 0
    for edit in edits:
        pieces += (text[at : edit.start - base], edit.text)
        at = edit.end - base
    return "".join(pieces) + text[at:]


def _check(file: SourceFile, source: Source, changes: Sequence[_Change], text: str) -> None:
    """That the new text is the old one with those tokens, for `ast`, for libcst, and for the file's encoding."""
    from sqlport.hosts.python.codemod import rewritten

    try:
        data = encode(file, text)
    except UnicodeEncodeError as error:
        raise Unmappable("unwritable") from error
    new = parse(SourceFile(file.path, data, text, file.encoding, file.bom))
    if isinstance(new, Finding):
        raise Unmappable("unparsable")
    before, after = source.all_tokens(), new.all_tokens()
    replaced = {change.token.start: change.new for change in changes}
    wanted = [replaced.get(token.start, source.text[token.start : token.end]) for token in before]
    if wanted != [text[token.start : token.end] for token in after]:
        raise Unmappable("unparsable")
    confirmed = rewritten(file.text, before, replaced)
    if confirmed is not None and confirmed != text:
        raise Unmappable("unparsable")
