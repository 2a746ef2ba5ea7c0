"""Edit arithmetic: rewrites that move parts of a text about, brought down to the smallest flat edits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sqlport.model import Edit, Span


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Replace `[start, end)` by `parts`: new text, and spans of the original that keep their own rewriting.

    A span part must lie inside `[start, end)`; what no part names is deleted.
    """

    start: int
    end: int
    parts: tuple[str | Span, ...]

    @property
    def span(self) -> Span:
        """The replaced characters."""
        return Span(self.start, self.end)


def replace(span: Span, *parts: str | Span) -> Rewrite:
    """Replace `span` by `parts`."""
    return Rewrite(span.start, span.end, parts)


def insert(at: int, text: str) -> Rewrite:
    """Put `text` before the character at `at`."""
    return Rewrite(at, at, (text,))


def wrap(span: Span, before: str, after: str) -> Rewrite:
    """Put text round `span`, which keeps its own rewriting."""
    return Rewrite(span.start, span.end, (before, span, after))


_PIECE = re.compile(r"\s+|--[^\n]*|/\*.*?\*/|\w+|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|.", re.DOTALL)


def compatible(new: Sequence[Rewrite], taken: Iterable[Rewrite]) -> bool:
    """Whether `new` can be made together with the rewrites in `taken`: apart from, inside or around them."""
    return all(_fits(a, b) for b in taken for a in new)


def _fits(a: Rewrite, b: Rewrite) -> bool:
    if a.start == a.end or b.start == b.end:
        point, other = (a, b) if a.start == a.end else (b, a)
        if point.start <= other.start or point.start >= other.end:
            return True
        return _within(point, other)
    if not a.span.overlaps(b.span):
        return True
    if a.span == b.span:
        return _is_wrap(a) or _is_wrap(b)
    return _within(a, b) or _within(b, a)


def _within(inner: Rewrite, outer: Rewrite) -> bool:
    return any(isinstance(part, Span) and part.contains(inner.span) for part in outer.parts)


def _is_wrap(rewrite: Rewrite) -> bool:
    return any(part == rewrite.span for part in rewrite.parts)


def flatten(text: str, rewrites: Sequence[Rewrite]) -> tuple[Edit, ...]:
    """The smallest flat edits over `text` that make all the (compatible) rewrites.

    Parts that stay in order are not edited at all, so comments, layout and holes inside them survive.
    Of two rewrites of one span the one that wraps is the outer one, of two that wrap the one given later.
    """
    ordered = sorted(
        ((rewrite, rank) for rank, rewrite in enumerate(rewrites)),
        key=lambda item: (item[0].start, item[0].start != item[0].end, -item[0].end, not _is_wrap(item[0]), -item[1]),
    )
    pieces = _render(text, Span(0, len(text)), [rewrite for rewrite, _ in ordered])
    return tuple(_edits(text, pieces, exact=False))


def _render(text: str, span: Span, rewrites: Sequence[Rewrite]) -> list[str | Span]:
    """`span` as new text and kept spans. `rewrites` are sorted, outer before inner."""
    pieces: list[str | Span] = []
    at = span.start
    index = 0
    while index < len(rewrites):
        outer = rewrites[index]
        index += 1
        inner: list[Rewrite] = []
        while index < len(rewrites) and _belongs(rewrites[index], outer):
            inner.append(rewrites[index])
            index += 1
        if at < outer.start:
            pieces.append(Span(at, outer.start))
        made: list[str | Span] = []
        for part in outer.parts:
            if isinstance(part, str):
                made.append(part)
            else:
                made.extend(_render(text, part, [child for child in inner if part.contains(child.span)]))
        pieces.extend(_set_apart(text, outer, made))
        at = outer.end
    if at < span.end:
        pieces.append(Span(at, span.end))
    return pieces


def _set_apart(text: str, outer: Rewrite, made: list[str | Span]) -> list[str | Span]:
    """What a rewrite made, with a blank where it would run together with a word beside it (`sum(a)FROM t`)."""
    shown = [piece if isinstance(piece, str) else piece.of(text) for piece in made]
    first = next((piece for piece in shown if piece), "")
    last = next((piece for piece in reversed(shown) if piece), "")
    start, end = outer.start, outer.end
    if _is_word(text[start - 1 : start]) and _is_word(first[:1]) and not (start < end and _is_word(text[start])):
        made = [" ", *made]
    if _is_word(text[end : end + 1]) and _is_word(last[-1:]) and not (start < end and _is_word(text[end - 1])):
        made = [*made, " "]
    return made


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _belongs(inner: Rewrite, outer: Rewrite) -> bool:
    """Whether `inner` is rendered as part of `outer` (a point on an edge of it is not, unless a part has it)."""
    if inner.start == inner.end:
        return outer.start < inner.start < outer.end
    return inner.start < outer.end and outer.start != outer.end


def _edits(text: str, pieces: Sequence[str | Span], *, exact: bool) -> Iterable[Edit]:
    """Flat edits between the kept spans that are still in order; the others are written out as text."""
    at = 0
    new: list[str] = []
    anchors = _anchors(pieces)
    for index, piece in enumerate(pieces):
        if isinstance(piece, str):
            new.append(piece)
        elif index not in anchors:
            new.append(piece.of(text))
        else:
            yield from _trimmed(text, at, piece.start, "".join(new), exact=exact)
            new = []
            at = piece.end
    yield from _trimmed(text, at, len(text), "".join(new), exact=exact)


def _anchors(pieces: Sequence[str | Span]) -> frozenset[int]:
    """The kept spans that need no edit: those in increasing order, longest total length first choice.

    Quadratic only in the number of spans that moved, which is small; spans in order are taken in one sweep.
    """
    spans = [(index, piece) for index, piece in enumerate(pieces) if isinstance(piece, Span) and len(piece)]
    if all(a[1].end <= b[1].start for a, b in pairwise(spans)):
        return frozenset(index for index, _ in spans)
    best: list[tuple[int, int]] = []  # (weight, previous position) of the best chain that ends at each span
    for position, (_, span) in enumerate(spans):
        chains = [(best[p][0], p) for p in range(position) if spans[p][1].end <= span.start]
        weight, previous = max(chains, default=(0, -1))
        best.append((weight + len(span), previous))
    position = max(range(len(spans)), key=lambda p: best[p][0])
    chosen: list[int] = []
    while position >= 0:
        chosen.append(spans[position][0])
        position = best[position][1]
    return frozenset(chosen)


def _trimmed(text: str, start: int, end: int, new: str, *, exact: bool) -> Iterable[Edit]:
    """The edit of `[start, end)` to `new` without the tokens that both begin or end with.

    Unless it has to be `exact`, white space and comments of the old text stay wherever the tokens round them
    stay.
    """
    old = text[start:end]
    if old == new:
        return
    a, b = _PIECE.findall(old), _PIECE.findall(new)
    if not exact:
        tokens = [token for token in a if not _blank(token)]
        if tokens == [token for token in b if not _blank(token)] and (tokens or len(b) <= len(a)):
            return
    head_a, head_b = _common(a, b, exact=exact)
    tail_a, tail_b = _common(a[head_a:][::-1], b[head_b:][::-1], exact=exact)
    start += sum(map(len, a[:head_a]))
    end -= sum(map(len, a[len(a) - tail_a :]))
    yield Edit(start, end, "".join(b[head_b : len(b) - tail_b]))


def _common(a: Sequence[str], b: Sequence[str], *, exact: bool) -> tuple[int, int]:
    """How many pieces of each begin both (white space and comments aside unless `exact`)."""
    done = (0, 0)
    i = j = 0
    while i < len(a) and j < len(b):
        if a[i] == b[j]:
            i, j = i + 1, j + 1
            done = (i, j)
        elif not exact and _blank(a[i]):
            i += 1
        elif not exact and _blank(b[j]):
            j += 1
        else:
            break
    return done if exact else _with_blanks(a, b, *done)


def _with_blanks(a: Sequence[str], b: Sequence[str], i: int, j: int) -> tuple[int, int]:
    """The same and the white space behind it, so that a comment before a replaced word stays."""
    after_a = next((k for k in range(i, len(a)) if not _blank(a[k])), len(a))
    after_b = next((k for k in range(j, len(b)) if not _blank(b[k])), len(b))
    comment = any(not part.isspace() for part in a[i:after_a])
    if after_b < len(b) and i < after_a < len(a) and (after_b > j or comment):
        return after_a, after_b
    return i, j


def _blank(token: str) -> bool:
    return token.isspace() or token.startswith(("--", "/*"))


def apply(text: str, edits: Sequence[Edit]) -> str:
    """`text` with flat, sorted, non-overlapping edits made."""
    pieces: list[str] = []
    at = 0
    for edit in edits:
        pieces.append(text[at : edit.start])
        pieces.append(edit.text)
        at = edit.end
    return "".join(pieces) + text[at:]


def compose(text: str, first: Sequence[Edit], second: Sequence[Edit]) -> tuple[Edit, ...]:
    """The edits over `text` that do what `first`, and then `second` over its result, do."""
    middle = _as_pieces(len(text), first)
    pieces: list[str | Span] = []
    at = 0
    end = sum(len(piece) for piece in middle)
    for edit in second:
        pieces.extend(_cut(middle, at, edit.start))
        pieces.append(edit.text)
        at = edit.end
    pieces.extend(_cut(middle, at, end))
    return tuple(_edits(text, pieces, exact=True))


def _as_pieces(length: int, edits: Sequence[Edit]) -> list[str | Span]:
    pieces: list[str | Span] = []
    at = 0
    for edit in edits:
        pieces += [Span(at, edit.start), edit.text]
        at = edit.end
    return [*pieces, Span(at, length)]


def _cut(pieces: Sequence[str | Span], start: int, end: int) -> Iterable[str | Span]:
    """The part `[start, end)` of the text that `pieces` spell."""
    at = 0
    for piece in pieces:
        low, high = max(start - at, 0), min(end - at, len(piece))
        at += len(piece)
        if low >= high:
            continue
        yield piece[low:high] if isinstance(piece, str) else Span(piece.start + low, piece.start + high)


def moved(span: Span, edits: Sequence[Edit]) -> Span | None:
    """Where a span stands after the edits; None when one of them changed it."""
    shift = 0
    for edit in edits:
        if edit.end <= span.start:
            shift += len(edit.text) - (edit.end - edit.start)
        elif edit.start < span.end:
            return None
    return Span(span.start + shift, span.end + shift)


def original(span: Span, edits: Sequence[Edit]) -> Span:
    """The part of the text before the edits that a span behind them came from (at least the edit's place)."""

    def back(at: int, *, end: bool) -> int:
        shift = 0
        for edit in edits:
            start = edit.start + shift
            if at < start or (at == start and not end):
                break
            if at < start + len(edit.text) or (end and at == start + len(edit.text)):
                return edit.end if end else edit.start
            shift += len(edit.text) - (edit.end - edit.start)
        return at - shift

    start = back(span.start, end=False)
    return Span(start, max(start, back(span.end, end=True)))
