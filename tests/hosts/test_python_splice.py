"""Edits of SQL in the literals of a Python file: what is written, and what is refused."""

from __future__ import annotations

import ast

import pytest

from sqlport.files import read_source, source_of
from sqlport.hosts import Refusal, Settings, apply_edits, map_edits
from sqlport.hosts.mapping import Unmappable
from sqlport.hosts.python import apply, extract
from sqlport.model import Edit, FileEdit
from tests.hosts.splicing import splice
from tests.hosts.support import HEADER, edits_of, spliced


@pytest.mark.parametrize(
    ("before", "old", "new", "after"),
    [
        ("cur.execute('SELECT ifnull(a, 1)')", "ifnull", "coalesce", "cur.execute('SELECT coalesce(a, 1)')"),
        ("cur.execute(r'SELECT ifnull(a, 1)')", "ifnull", "coalesce", "cur.execute(r'SELECT coalesce(a, 1)')"),
        ("cur.execute('SELECT 1')", "1", "'x'", r"cur.execute('SELECT \'x\'')"),
        ('cur.execute("SELECT 1")', "1", "'x'", "cur.execute(\"SELECT 'x'\")"),
        ('cur.execute("SELECT 1")', "1", '"x"', 'cur.execute("SELECT \\"x\\"")'),
        ('cur.execute("""SELECT 1""")', "1", '"x"', 'cur.execute("""SELECT \\"x\\"""")'),
        ('cur.execute("""SELECT 1 """)', "1", '"x"', 'cur.execute("""SELECT "x" """)'),
        ("cur.execute('SELECT 1')", "1", "1\n", "cur.execute('SELECT 1\\n')"),
        ("cur.execute('''SELECT 1''')", "1", "1\n+ 2", "cur.execute('''SELECT 1\n+ 2''')"),
        ("cur.execute('SELECT 1')", "1", "'\\'", r"cur.execute('SELECT \'\\\'')"),
        ("cur.execute(f'SELECT {a}, 1')", "1", "'{}'", "cur.execute(f'SELECT {a}, \\'{{}}\\'')"),
        ("cur.execute(f'{a!r:>{w}} FROM {b}')", "FROM", "from", "cur.execute(f'{a!r:>{w}} from {b}')"),
        ("cur.execute('SELECT %s, 1' % a)", "1", "a % b", "cur.execute('SELECT %s, a %% b' % a)"),
        ("cur.execute('SELECT %s, 5 %% 2' % a)", "%", "+", "cur.execute('SELECT %s, 5 + 2' % a)"),
        ("cur.execute('SELECT {}, 1'.format(a))", "1", "'{}'", "cur.execute('SELECT {}, \\'{{}}\\''.format(a))"),
        ("cur.execute('SELECT {}, {{'.format(a))", "{{", "{{", "cur.execute('SELECT {}, {{'.format(a))"),
        ("cur.execute('SELECT ifn' 'ull(a, 1)')", "ifnull", "coalesce", "cur.execute('SELECT coalesce' '(a, 1)')"),
        ("cur.execute('SELECT ifnull(a, '  # c\n  '1)')", "ifnull(a, 1)", "coalesce(a, 1)",
         "cur.execute('SELECT coalesce(a, '  # c\n  '1)')"),
        ("cur.execute('SELECT a ' 'FROM b')", "a FROM b", "a2 FROM b2", "cur.execute('SELECT a2 ' 'FROM b2')"),
        ("cur.execute('SELECT a' + ' FROM b')", "a FROM b", "", "cur.execute('SELECT ' + '')"),
        ("Q = 'SELECT 1'\ncur.execute(Q)", "1", "2", "Q = 'SELECT 2'\ncur.execute(Q)"),
        ("cur.execute('SELECT 1 \\\n+ 2')", "1 + 2", "3", "cur.execute('SELECT 3')"),
        ("cur.execute('SELECT \\x31')", "1", "2", "cur.execute('SELECT 2')"),
        ("cur.execute('SELECT \\N{BULLET}1')", "1", "2", "cur.execute('SELECT \\N{BULLET}2')"),
        ("cur.execute('SELECT \\0')", "SELECT \0", "SELECT \0" + "1", "cur.execute('SELECT \\0\\x31')"),
        ("cur.execute(f'a {x} WHERE ifnull(b, {c}) = 1')", "ifnull(b, {c})", "coalesce(b, {c})",
         "cur.execute(f'a {x} WHERE coalesce(b, {c}) = 1')"),
    ],
)  # fmt: skip
def test_an_edit_is_written_where_the_text_is(before: str, old: str, new: str, after: str) -> None:
    result = spliced(HEADER + before + "\n", (old, new))
    assert result.refused == ()
    assert result.text == HEADER + after + "\n"
    ast.parse(result.text)


@pytest.mark.parametrize(
    ("source", "old", "new", "reason"),
    [
        ("cur.execute(r'SELECT 1')", "1", "'x'", "unwritable"),
        ("cur.execute(r'SELECT 1')", "1", "1\n", "unwritable"),
        ("cur.execute(r'SELECT 1')", "1", "\\", "unwritable"),
        ("cur.execute('SELECT \\d')", "d", "n", "unwritable"),
        ("cur.execute(f'SELECT {a}')", "{a}", "1", "hole"),
        ("cur.execute('SELECT ' + a + ' FROM t')", "{a} FROM", "b FROM", "hole"),
        ("cur.execute('select 1'.upper())", "1", "2", "hole"),
        ("cur.execute(f\"SELECT {'1'}\")", "1", "2", "hole"),
        ("cur.execute(f\"SELECT {'SELECT 1'}\")", "1", "2", "hole"),
    ],
)
def test_what_cannot_be_said_is_refused_with_a_reason(source: str, old: str, new: str, reason: str) -> None:
    text = HEADER + source + "\n"
    result = spliced(text, (old, new))
    assert (result.text, [refusal.reason for refusal in result.refused]) == (text, [reason])


def test_a_literal_of_several_statements_is_edited_once_when_all_agree() -> None:
    text = HEADER + "W = ' WHERE ifnull(a, 1)'\ncur.execute('SELECT 1' + W)\ncur.execute('SELECT 2' + W)\n"
    result = spliced(text, ("ifnull", "coalesce"))
    assert result.text == text.replace("ifnull", "coalesce")
    assert len(result.edits) == 1 and not result.refused


def test_and_not_at_all_when_they_do_not() -> None:
    text = (
        HEADER + "W = ' WHERE a'\ncur.execute('SELECT 1' + W)\ncur.execute('SELECT 2' + W)\ncur.execute('SELECT 3')\n"
    )
    result = spliced(text, ("SELECT 1 WHERE a", "SELECT 1 WHERE b"), ("SELECT 3", "SELECT 4"))
    assert result.text == text.replace("SELECT 3", "SELECT 4")
    assert [refusal.reason for refusal in result.refused] == ["conflicting-uses"]


def test_a_literal_used_twice_in_one_statement_has_to_agree_with_itself() -> None:
    text = HEADER + "W = 'a'\ncur.execute(f'SELECT {W}, {W}')\n"
    result = spliced(text, ("a", "b"))
    assert [refusal.reason for refusal in result.refused] == ["conflicting-uses"]
    assert spliced(text, ("a, a", "b, b")).text == text.replace("'a'", "'b'")


def test_each_alternative_has_to_agree() -> None:
    text = HEADER + "s = 'SELECT a'\nif x: s += ' FROM t'\ncur.execute(s)\n"
    assert spliced(text, ("SELECT a FROM t", "SELECT b FROM t")).refused[0].reason == "conflicting-uses"
    assert spliced(text, ("SELECT a", "SELECT b")).text == text.replace("SELECT a", "SELECT b")


def test_a_statement_is_edited_whole_or_not_at_all() -> None:
    text = HEADER + "cur.execute('SELECT ifnull(a, 1)' + r' WHERE b = 1')\n"
    result = spliced(text, ("ifnull", "coalesce"), ("b = 1", "b = '1'"))
    assert (result.text, [refusal.reason for refusal in result.refused]) == (text, ["unwritable"])


def test_statements_of_one_script_are_edited_apart() -> None:
    text = HEADER + 'cur.executescript("""\n  CREATE TABLE a (x);  -- one\n  CREATE TABLE b (x);\n""")\n'
    result = spliced(text, ("a (x)", "a (y)"), ("b (x)", "b (z)"))
    assert result.text == text.replace("a (x)", "a (y)").replace("b (x)", "b (z)")


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfimport sqlite3\r\nc = sqlite3.connect('')\r\nc.execute('''SELECT\r\n 1''')\r\n",
        b"# -*- coding: latin-1 -*-\nimport sqlite3\nc = sqlite3.connect('')\nc.execute('SELECT 1, \"\xe9\"') # \xe9",
        b"import sqlite3\nc = sqlite3.connect('')\n\x0c\nc.execute('SELECT 1')\x0c\n# end",
        b"# coding: cp1252\r\nimport sqlite3\r\nc = sqlite3.connect('')\r\nc.execute('SELECT 1 -- \x80')\r\n",
        b"import sqlite3\rc = sqlite3.connect('')\rc.execute('SELECT 1')\r",
        "import sqlite3\nc = sqlite3.connect('')\nüñ = '日本'; c.execute(f'SELECT 1, {üñ}')  # ☃\n".encode(),
    ],
    ids=["bom-crlf", "latin-1", "form-feed", "cp1252", "cr", "unicode"],
)  # fmt: skip
def test_every_byte_outside_the_edit_stays(tmp_path, data: bytes) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "app.py"
    path.write_bytes(data)
    file = read_source(path)
    from sqlport.files import encode

    result = splice(file, edits_of(file, ("1", "2")))
    assert not result.refused
    assert encode(file, result.text) == data.replace(b" 1", b" 2")


def test_a_character_that_the_encoding_lacks_is_escaped() -> None:
    result = spliced(b"# coding: latin-1\nimport sqlite3\nsqlite3.connect('').execute('SELECT 1')\n", ("1", "'\u20ac'"))
    assert "'SELECT \\'\\u20ac\\''" in result.text


def test_edits_of_another_module_come_as_edits_of_its_file() -> None:
    texts = {"app.py": HEADER + "from names import T\ncur.execute(f'SELECT a FROM {T}')\n", "names.py": "T = 'users'\n"}
    files = {path: source_of(path, text.encode()) for path, text in texts.items()}
    (statement,) = extract(files["app.py"], Settings(read=files.get)).statements
    at = statement.sql.index("users")
    edits = (Edit(7, 8, "b"), Edit(at, at + 5, "people"))
    mapped = map_edits(statement, edits, files)
    assert isinstance(mapped, tuple)
    assert [edit.path for edit in mapped] == ["app.py", "names.py"]
    assert apply_edits(files["names.py"], [mapped[1]]) == "T = 'people'\n"
    missing = map_edits(statement, edits, {"app.py": files["app.py"]})
    assert isinstance(missing, Refusal) and missing.reason == "other-file"


def test_a_file_that_changed_since_is_refused() -> None:
    text = HEADER + "cur.execute('SELECT 1')\n"
    (statement,) = extract(source_of("app.py", text.encode()), Settings()).statements
    for other in (text.replace("1", "2"), "x = 1\n" + text, text[:-4], ""):
        mapped = map_edits(statement, (Edit(7, 8, "3"),), {"app.py": source_of("app.py", other.encode())})
        assert isinstance(mapped, Refusal) and mapped.reason == "stale"


@pytest.mark.parametrize(
    "edit",
    [FileEdit("a.py", 0, 1, "y"), FileEdit("a.py", 4, 5, '"'), FileEdit("a.py", 5, 6, "'"), FileEdit("a.py", 7, 9, ""),
     FileEdit("a.py", 5, 6, "\\"), FileEdit("a.py", 5, 6, "\n"), FileEdit("a.py", 99, 100, "x")],
)  # fmt: skip
def test_edits_that_are_not_text_of_a_literal_are_not_applied(edit: FileEdit) -> None:
    with pytest.raises(Unmappable):
        apply(source_of("a.py", b"x = 'ab' + c"), [edit])


def test_overlapping_edits_are_not_applied() -> None:
    with pytest.raises(Unmappable):
        apply(source_of("a.py", b"x = 'abc'"), [FileEdit("a.py", 5, 7, "x"), FileEdit("a.py", 6, 8, "y")])


def test_an_emptied_literal_must_not_become_a_triple_quote() -> None:
    text = HEADER + "cur.execute('SELECT ''1')\n"
    result = spliced(text, ("SELECT ", ""))
    assert (result.text, result.refused[0].reason) == (text, "unparsable")


def test_no_edits_give_the_same_text() -> None:
    text = HEADER + "cur.execute('SELECT 1')\n"
    result = spliced(text)
    assert (result.text, result.edits, result.refused) == (text, (), ())


def test_a_second_run_has_nothing_to_do() -> None:
    text = HEADER + "cur.execute('SELECT ifnull(a, 1) ' f'FROM {t}')\n"
    once = spliced(text, ("ifnull", "coalesce"))
    assert spliced(once.text, ("ifnull", "coalesce")).text == once.text
