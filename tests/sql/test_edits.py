"""Rewrites become the smallest edits, and what they do not touch stays to the byte."""

from __future__ import annotations

import random
import re

import pytest

from sqlport.model import Edit, Span
from sqlport.sql import Rewrite, apply, compatible, flatten, insert, replace, wrap
from sqlport.sql.edits import compose, moved, original

TEXT = "SELECT ifnull( a /*x*/, ifnull(b,2)) FROM t LIMIT 5, ?"


def at(part: str, nth: int = 0) -> Span:
    start = -1
    for _ in range(nth + 1):
        start = TEXT.index(part, start + 1)
    return Span(start, start + len(part))


OUTER = replace(at("ifnull( a /*x*/, ifnull(b,2))"), "coalesce(", at("a"), ", ", at("ifnull(b,2)"), ")")
INNER = replace(at("ifnull(b,2)"), "coalesce(", at("b"), ", ", at("2"), ")")


def test_unchanged_tokens_comments_and_layout_are_not_edited() -> None:
    edits = flatten(TEXT, [OUTER, INNER])
    assert [(edit.span.of(TEXT), edit.text) for edit in edits] == [("ifnull", "coalesce"), ("ifnull", "coalesce")]
    assert apply(TEXT, edits) == "SELECT coalesce( a /*x*/, coalesce(b,2)) FROM t LIMIT 5, ?"


def test_the_order_in_which_rewrites_are_given_does_not_matter() -> None:
    assert flatten(TEXT, [INNER, OUTER]) == flatten(TEXT, [OUTER, INNER])


def test_parts_can_change_places() -> None:
    limit = replace(at("5, ?"), at("?"), " OFFSET ", at("5"))
    assert apply(TEXT, flatten(TEXT, [limit])).endswith("LIMIT ? OFFSET 5")


def test_of_two_wraps_of_one_span_the_first_is_inside() -> None:
    edits = flatten(TEXT, [wrap(at("b"), "f(", ")"), wrap(at("b"), "g(", ")")])
    assert "g(f(b))" in apply(TEXT, edits)


def test_insertions_at_the_edge_of_a_rewrite_stay_outside_it() -> None:
    edits = flatten(TEXT, [INNER, insert(at("ifnull(b,2)").end, "::text")])
    assert "coalesce(b,2)::text)" in apply(TEXT, edits)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (OUTER, INNER, True),
        (INNER, OUTER, True),
        (replace(Span(0, 5), "x"), replace(Span(5, 9), "y"), True),
        (replace(Span(0, 5), "x"), replace(Span(4, 9), "y"), False),
        (replace(Span(0, 5), "x"), replace(Span(0, 5), "y"), False),
        (replace(Span(0, 5), "x"), wrap(Span(0, 5), "(", ")"), True),
        (replace(Span(0, 5), "x"), insert(5, "y"), True),
        (replace(Span(0, 5), "x"), insert(3, "y"), False),
    ],
)
def test_which_rewrites_go_together(first: object, second: object, expected: bool) -> None:
    assert compatible([first], [second]) is expected  # type: ignore[list-item]


def test_composed_edits_do_what_one_after_the_other_do() -> None:
    dice = random.Random(7)
    for _ in range(2_000):
        text = "".join(dice.choice("ab ,(") for _ in range(30))
        first = _random_edits(dice, text)
        middle = apply(text, first)
        second = _random_edits(dice, middle)
        assert apply(text, compose(text, first, second)) == apply(middle, second)


def test_moved_and_original_lead_there_and_back() -> None:
    edits = [Edit(2, 4, "xyz"), Edit(8, 8, "!!")]
    assert moved(Span(5, 7), edits) == Span(6, 8)
    assert moved(Span(3, 5), edits) is None
    assert original(Span(6, 8), edits) == Span(5, 7)
    assert original(Span(3, 4), edits) == Span(2, 4)


def _random_edits(dice: random.Random, text: str) -> list[Edit]:
    edits, at_least = [], 0
    for _ in range(dice.randrange(4)):
        start = dice.randrange(at_least, len(text) + 1)
        end = min(len(text), start + dice.randrange(4))
        edits.append(Edit(start, end, dice.choice(["", "x", "yy ", ", "])))
        at_least = end + 1
        if at_least > len(text):
            break
    return edits


def _random_rewrite(dice: random.Random, words: list[Span], number: int) -> Rewrite:
    first = dice.randrange(len(words))
    inside = words[first : dice.randrange(first, len(words)) + 1]
    span = Span(inside[0].start, inside[-1].end)
    kind = dice.choice(("insert", "wrap", "replace", "keep"))
    if kind == "insert":
        return insert(span.start, f"<{number}> ")
    if kind == "wrap":
        return wrap(span, f"<{number}> ", "")
    if kind == "replace":
        return replace(span, f"<{number}>")
    return replace(span, f"<{number}> ", *dice.sample(inside, dice.randint(1, len(inside))))


def test_no_new_text_is_lost_when_rewrites_go_together() -> None:
    dice = random.Random(7)
    text = "a bb c dd e ff g"
    words = [Span(found.start(), found.end()) for found in re.finditer(r"\w+", text)]
    for _ in range(2000):
        taken: list[Rewrite] = []
        for number in range(6):
            rewrite = _random_rewrite(dice, words, number)
            if compatible([rewrite], taken):
                taken.append(rewrite)
        result = apply(text, flatten(text, taken))
        for rewrite in taken:
            marker = next(str(part).strip() for part in rewrite.parts if isinstance(part, str))
            assert result.count(marker) == 1, (taken, result)
