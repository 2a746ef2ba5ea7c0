"""Rust's string tokens: read as rustc reads them, and edited without changing their kind."""

from __future__ import annotations

import random

import pytest

from sqlport.hosts.rust.encode import TokenEdit, changed, edit_token, edited
from sqlport.hosts.rust.literals import LiteralError, scan


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('"SELECT 1"', "SELECT 1"),
        ('""', ""),
        (r'"a\"b\\c\n\t\0\x41\u{e9}\'"', "a\"b\\c\n\t\0Aé'"),
        ('"SELECT a, \\\n      b"', "SELECT a, b"),
        ('"a\\\n\n   b"', "ab"),
        ('"a\n  b"', "a\n  b"),
        ('"a\r\nb\\\r\n  c"', "a\nbc"),
        ('r"a\\nb"', "a\\nb"),
        ('r#"say "hi""#', 'say "hi"'),
        ('r##"a"#b"##', 'a"#b'),
        ('r"a\r\nb"', "a\nb"),
        ('"\\u{1F600}x"', "😀x"),
    ],
)
def test_a_literal_says_what_rustc_reads(source: str, text: str) -> None:
    token = scan(source, 0)
    assert token.text == text
    assert token.end == len(source)


@pytest.mark.parametrize("source", ['"abc', 'r#"abc"', "'a'", r'"\q"', '"\\u{110000}"', '#"a"#', "x"])
def test_what_is_no_literal_is_refused(source: str) -> None:
    with pytest.raises(LiteralError):
        scan(source, 0)


@pytest.mark.parametrize(
    ("source", "old", "new", "after"),
    [
        ('"a = ?"', "?", "$1", '"a = $1"'),
        ('r"a = ?"', "?", "$1", 'r"a = $1"'),
        ('r#"a = ?"#', "?", "$1", 'r#"a = $1"#'),
        ('"a = ?"', "?", '"x"', r'"a = \"x\""'),
        ('r"a = ?"', "?", '"x"', 'r#"a = "x""#'),
        ('r#"a = ?"#', "?", '"#', 'r##"a = "#"##'),
        ('r#"a = ?"#', "?", '"b', 'r#"a = "b"#'),
        ('"a = ?"', "?", "\\", r'"a = \\"'),
        ('"a = ?"', "?", "1\n+ 2", '"a = 1\n+ 2"'),
        ('"a \\\n   ?, ?"', "?", " x", '"a \\\n   \\x20x, ?"'),
        ('"é ?"', "?", "$1", '"é $1"'),
        (r'"\u{e9} ?"', "?", "$1", r'"\u{e9} $1"'),
        ('"a\r\n?"', "?", "1\n2", '"a\r\n1\r\n2"'),
    ],
)
def test_an_edit_keeps_the_kind_of_the_literal(source: str, old: str, new: str, after: str) -> None:
    token = scan(source, 0)
    at = token.text.index(old)
    changes = edit_token(source, token, [TokenEdit(at, at + len(old), new)])
    assert changes is not None
    assert changed(source, token, changes) == after
    assert scan(after, 0).text == token.text.replace(old, new, 1)


def test_text_before_a_continued_line_is_inserted_before_the_backslash() -> None:
    source = '"INSERT INTO t \\\n    VALUES (1)"'
    token = scan(source, 0)
    at = token.text.index("VALUES")
    changes = edit_token(source, token, [TokenEdit(at, at, "(a) ")])
    assert changes is not None
    assert changed(source, token, changes) == '"INSERT INTO t (a) \\\n    VALUES (1)"'


def test_random_edits_of_random_literals_say_what_was_asked() -> None:
    chance = random.Random(7)
    pieces = ["a", " ", '\\"', "\\\\", "\\n", "\\\n   ", "\n", "é", "\\u{e9}", "?", "'", "#", "\\x41", "\r\n", "{}"]
    news = ["", "$1", '"', '"#', '"##', "\\", " ", "\n", "x y", "\t", "é", "\0", "\r"]
    tried = refused = 0
    for _ in range(3000):
        body = "".join(chance.choice(pieces) for _ in range(chance.randrange(12)))
        hashes = "#" * chance.randrange(3)
        raw = chance.random() < 0.5
        source = f'r{hashes}"{body}"{hashes}' if raw else f'"{body}"'
        try:
            token = scan(source, 0)
        except LiteralError:
            continue
        if token.end != len(source):
            continue
        start = chance.randrange(len(token.text) + 1)
        edit = TokenEdit(start, chance.randrange(start, len(token.text) + 1), chance.choice(news))
        changes = edit_token(source, token, [edit])
        if changes is None:
            refused += 1  # a CR in a raw string, or a blank that a continued line would take with it
            assert "\r" in edit.text or "\\\n" in source.replace("\r", ""), (source, edit)
            continue
        after = changed(source, token, changes)
        assert scan(after, 0).text == edited(token, [edit])
        assert scan(after, 0).prefix == token.prefix
        tried += 1
    assert tried > 1500
    assert refused < tried / 10
    assert refused < tried / 10
