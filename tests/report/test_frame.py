"""Frames: the caret stands under the user's character, whatever the line is like."""

from __future__ import annotations

import pytest

from sqlport.model import FileEdit, Place
from sqlport.report.frame import Lines, change, frame
from sqlport.report.paint import crop, painter, printable, width

PLAIN = painter(False)


def place(line: int, column: int, end_line: int, end_column: int) -> Place:
    return Place("x.py", line, column, end_line, end_column)


def marked(text: str, where: Place) -> list[str]:
    return frame(where, Lines.of(text), PLAIN)


def under(lines: list[str]) -> str:
    """What the first row of carets underlines."""
    at = next(number for number, line in enumerate(lines) if "^" in line)
    start, end = lines[at].index("^"), lines[at].rindex("^") + 1
    return lines[at - 1][start:end]


@pytest.mark.parametrize(
    ("text", "where", "shown"),
    [
        ("a = 'SELECT 1'\n", place(1, 6, 1, 12), "SELECT"),
        ("\ta = 'SELECT 1'\n", place(1, 7, 1, 13), "SELECT"),
        ("x\r\na = 'SELECT 1'\r\n", place(2, 6, 2, 12), "SELECT"),
        ("x\ra = 'SELECT 1'", place(2, 6, 2, 12), "SELECT"),
        ("x\x0c = 'SELECT 1'", place(1, 7, 1, 13), "SELECT"),
        ("SELECT", place(1, 1, 1, 7), "SELECT"),
        ("a\x1b[31m SELECT", place(1, 8, 1, 14), "SELECT"),
    ],
)
def test_the_carets_underline_the_place(text: str, where: Place, shown: str) -> None:
    assert under(marked(text, where)) == shown


def test_wide_characters_take_two_columns() -> None:
    lines = marked("日本 = 'SELECT'", place(1, 7, 1, 13))
    assert lines[1].endswith("日本 = 'SELECT'")
    assert lines[2].index("^") == len("1 | ") + width("日本 = '")


def test_combining_characters_take_none() -> None:
    lines = marked("e\u0301 = 'SELECT'", place(1, 7, 1, 13))
    assert lines[2].index("^") == len("1 | e = '")


def test_an_empty_place_gets_one_caret() -> None:
    assert marked("SELECT", place(1, 7, 1, 7))[2].endswith("|       ^")


def test_a_place_over_several_lines_is_underlined_without_indentation() -> None:
    lines = marked("a('''\n  SELECT 1\n\n  FROM t\n''')\n", place(2, 3, 4, 9))
    carets = [line.split("|")[1] for line in lines if "^" in line]
    assert carets == ["   ^^^^^^^^", "   ^^^^^^"]


def test_of_a_long_place_the_middle_is_left_out() -> None:
    lines = marked("".join(f"line {number}\n" for number in range(1, 101)), place(10, 1, 90, 5))
    assert len(lines) < 16
    assert any("..." in line for line in lines)
    assert any(line.startswith("90 |") for line in lines)


def test_a_place_that_ends_at_the_start_of_a_line_does_not_show_that_line() -> None:
    lines = marked("SELECT 1\nFROM t\nx\ny\n", place(1, 1, 3, 1))
    assert sum("^" in line for line in lines) == 2


def test_a_place_behind_the_end_of_the_file_is_cut() -> None:
    assert marked("SELECT 1", place(1, 1, 9, 3))


def test_five_megabytes_on_one_line_are_cropped() -> None:
    text = f"con.execute('{'x' * 5_000_000} OR IGNORE {'y' * 100}')\n"
    start = text.index("OR IGNORE")
    lines = marked(text, place(1, start + 1, 1, start + 10))
    assert under(lines) == "OR IGNORE"
    assert max(map(len, lines)) < 200


def test_crop_keeps_the_range_and_says_that_it_cut() -> None:
    line = "a" * 500 + "NEEDLE" + "b" * 500
    text, start, end = crop(line, 500, 506)
    assert text[start:end] == "NEEDLE"
    assert (text[0], text[-1]) == ("…", "…")


@pytest.mark.parametrize(
    "text", ["\x1b[2J", "\x07", "\u202e", "\u2066", "\x9b31m", "a\nb", "a\rb", "\x00", "\u2028", "\udcff"]
)
def test_nothing_that_steers_a_terminal_is_printed(text: str) -> None:
    assert printable(text).isprintable()


@pytest.mark.parametrize("text", ["SELECT 'é'", "日本", "emoji 😀", "a\tb", "\u00a0", "-- ok"])
def test_ordinary_text_is_printed_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_a_change_shows_old_and_new_lines() -> None:
    text = "a\nb = ifnull(x)\nc\n"
    at = text.index("ifnull")
    lines = change([FileEdit("x", at, at + 6, "coalesce")], Lines.of(text), PLAIN)
    assert lines == ["2 | - b = ifnull(x)", "  | + b = coalesce(x)"]


def test_changes_far_apart_are_shown_apart() -> None:
    text = "one\n" + "x\n" * 50 + "two\n"
    edits = [FileEdit("x", 0, 3, "1"), FileEdit("x", text.index("two"), text.index("two") + 3, "2")]
    lines = change(edits, Lines.of(text), PLAIN)
    assert lines == [" 1 | - one", "   | + 1", "52 | - two", "   | + 2"]


def test_a_change_in_five_megabytes_shows_where_it_is() -> None:
    text = "'" + "x" * 5_000_000 + " ifnull(a)'"
    at = text.index("ifnull")
    lines = change([FileEdit("x", at, at + 6, "coalesce")], Lines.of(text), PLAIN)
    assert "ifnull" in lines[0]
    assert "coalesce" in lines[1]
    assert max(map(len, lines)) < 200


def test_an_edit_that_adds_and_one_that_removes_lines() -> None:
    text = "a\nb\nc\nd\n"
    added = change([FileEdit("x", 1, 1, "\nnew")], Lines.of(text), PLAIN)
    assert [line[4:] for line in added] == ["  a", "+ new"]
    removed = change([FileEdit("x", 1, 3, "")], Lines.of(text), PLAIN)
    assert [line[4:] for line in removed] == ["  a", "- b"]
