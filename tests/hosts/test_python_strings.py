"""What the string interpreter makes of the ways in which programs build SQL."""

from __future__ import annotations

import time

import pytest

from sqlport.model import HoleKind
from tests.hosts.support import HEADER, found, sqls


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("cur.execute('SELECT 1')", "SELECT 1"),
        ("cur.execute(r'SELECT \\d')", r"SELECT \d"),
        ('cur.execute("SELECT a "  # why\n  "FROM t")', "SELECT a FROM t"),
        ("cur.execute('SELECT ' + 'a' + ' FROM t')", "SELECT a FROM t"),
        ("sql = 'SELECT a'\nsql += ' FROM t'\ncur.execute(sql)", "SELECT a FROM t"),
        ("T = 'users'\ncur.execute(f'SELECT * FROM {T}')", "SELECT * FROM users"),
        ("cur.execute('SELECT %s, %% FROM t' % 'a')", "SELECT a, % FROM t"),
        ("cur.execute('SELECT %(c)s' % {'c': 'a'})", "SELECT a"),
        ("cur.execute('SELECT {} FROM {t}'.format('a', t='b'))", "SELECT a FROM b"),
        ("cur.execute('SELECT {0}, {{}} FROM {1}'.format('a', 'b'))", "SELECT a, {} FROM b"),
        ("cur.execute('SELECT ' + ', '.join(['a', 'b']))", "SELECT a, b"),
        ("cur.execute('INSERT INTO t VALUES (' + ','.join(['?'] * 3) + ')')", "INSERT INTO t VALUES (?,?,?)"),
        ("cur.execute(('?, ' * 2)[:-2].join(['SELECT ', '']))", "SELECT ?, ?"),
        ("import textwrap\ncur.execute(textwrap.dedent('''\n    SELECT a\n      FROM t'''))", "SELECT a\n  FROM t"),
        ("cur.execute(' select A '.strip().upper())", "SELECT A"),
        ("cur.execute('SELECT @c FROM t'.replace('@c', 'a'))", "SELECT a FROM t"),
        ("Q = {'a': 'SELECT 1', 'b': 'SELECT 2'}\ncur.execute(Q['b'])", "SELECT 2"),
        ("parts = ['SELECT a']\nparts.append('FROM t')\ncur.execute(' '.join(parts))", "SELECT a FROM t"),
        ("def table(): return 't'\ncur.execute('DELETE FROM ' + table())", "DELETE FROM t"),
        ("def q(n='t'): return f'DELETE FROM {n}'\ncur.execute(q('u'))", "DELETE FROM u"),
        ("cur.execute(sql := 'SELECT 1')", "SELECT 1"),
        ("run = cur.execute\nrun('SELECT 1')", "SELECT 1"),
        ("class C:\n  T = 't'\n  def f(self): cur.execute('DELETE FROM ' + self.T)", "DELETE FROM t"),
        ("class C:\n  T = 't'\nclass D(C):\n  def f(self): cur.execute(f'DELETE FROM {self.T}')", "DELETE FROM t"),
        ("class C:\n  def __init__(self): self.t = 't'\n  def f(self): cur.execute('DROP ' + self.t)", "DROP t"),
        ("a, b = 'SELECT 1', 'SELECT 2'\ncur.execute(b)", "SELECT 2"),
        ("from enum import Enum\nclass E(Enum):\n  A = 'SELECT 1'\ncur.execute(E.A.value)", "SELECT 1"),
        ("with open('x') as f:\n  s = 'SELECT 1'\n  cur.execute(s)", "SELECT 1"),
        ("try:\n  s = 'SELECT 1'\nfinally:\n  pass\ncur.execute(s)", "SELECT 1"),
        ("async def f():\n  await cur.execute('SELECT 1')", "SELECT 1"),
        ("cur.execute(u'SELECT \\u00e9')", "SELECT é"),
        ("cur.execute('SELECT \\N{BULLET}')", "SELECT •"),
        ("cur.execute('''SELECT \\\n1''')", "SELECT 1"),
    ],
)  # fmt: skip
def test_a_text_that_is_known_is_found_whole(source: str, expected: str) -> None:
    (statement,) = found(source).statements
    assert statement.sql == expected
    assert statement.resolved and not statement.holes


@pytest.mark.parametrize(
    ("source", "sql", "kind", "shown"),
    [
        ("cur.execute(f'SELECT * FROM {table}')", "SELECT * FROM {table}", HoleKind.TABLE, "table"),
        ("cur.execute('SELECT * FROM %s' % get())", "SELECT * FROM {get}", HoleKind.TABLE, "get()"),
        ("cur.execute('SELECT * FROM t WHERE a = ' + x)", "SELECT * FROM t WHERE a = {x}", HoleKind.VALUE, "x"),
        ("cur.execute(f'SELECT {c} FROM t')", "SELECT {c} FROM t", HoleKind.COLUMNS, "c"),
        ("cur.execute(f\"SELECT '{c}'\")", "SELECT '{c}'", HoleKind.INSIDE_STRING, "c"),
        ("cur.execute(f'SELECT a FROM t ORDER BY a {way}')", "SELECT a FROM t ORDER BY a {way}", HoleKind.ORDER, "way"),
        ("cur.execute(f'SELECT a FROM t {where}')", "SELECT a FROM t {where}", HoleKind.CLAUSE, "where"),
        ("cur.execute(f'SELECT a FROM x_{n}')", "SELECT a FROM x_{n}", HoleKind.TABLE, "n"),
        ("cur.execute(f'SELECT 1 WHERE {col} = 1')", "SELECT 1 WHERE {col} = 1", HoleKind.IDENTIFIER, "col"),
        ("cur.execute(f'SELECT a FROM t LIMIT {n!r}')", "SELECT a FROM t LIMIT {n}", HoleKind.VALUE, "n"),
        ("cur.execute(f'SELECT a FROM t LIMIT {n:d}')", "SELECT a FROM t LIMIT {n}", HoleKind.VALUE, "n"),
        ("cur.execute('DELETE FROM t WHERE i IN (%s)' % ','.join('?' * len(a)))",
         "DELETE FROM t WHERE i IN ({a})", HoleKind.PLACEHOLDERS, "'?' * len(a)"),
        ("cur.execute('INSERT INTO t VALUES (' + ','.join('?' * 3) + ')')",
         "INSERT INTO t VALUES ({hole})", HoleKind.PLACEHOLDERS, "'?' * 3"),
        ("cur.execute('DELETE FROM t WHERE i IN (' + ','.join('?' for _ in a) + ')')",
         "DELETE FROM t WHERE i IN ({a})", HoleKind.PLACEHOLDERS, "'?' for _ in a"),
        ("cur.execute(f'INSERT INTO t ({c}) VALUES (1)')", "INSERT INTO t ({c}) VALUES (1)", HoleKind.COLUMNS, "c"),
        ("cur.execute(f'UPDATE t SET {sets}')", "UPDATE t SET {sets}", HoleKind.CLAUSE, "sets"),
        ("cur.execute(f'SELECT a FROM t WHERE b = {self.cfg[\"key\"]}')",
         "SELECT a FROM t WHERE b = {key}", HoleKind.VALUE, 'self.cfg["key"]'),
    ],
)  # fmt: skip
def test_what_is_computed_is_a_hole_with_a_name_and_a_kind(source: str, sql: str, kind: HoleKind, shown: str) -> None:
    (statement,) = found(source).statements
    (hole,) = statement.holes
    assert statement.sql == sql
    assert hole.kind is kind
    assert hole.source.startswith(shown.partition("for")[0].strip('"')[:8]) or shown in hole.source
    assert statement.sql[hole.start : hole.end] == f"{{{hole.name}}}"
    assert not statement.resolved


def test_holes_of_one_statement_have_different_names() -> None:
    (statement,) = found("cur.execute(f'SELECT {a}, {b.a}, {a} FROM t WHERE x = \"{{a}}\"')").statements
    names = [hole.name for hole in statement.holes]
    assert len(set(names)) == 3
    assert "a" not in names, "the text itself has {a}"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("cur.execute('SELECT 1' if x else 'SELECT 2')", ["SELECT 1", "SELECT 2"]),
        ("if x:\n  s = 'SELECT 1'\nelse:\n  s = 'SELECT 2'\ncur.execute(s)", ["SELECT 1", "SELECT 2"]),
        ("s = 'SELECT 1'\nif x:\n  s += ' WHERE b'\ncur.execute(s)", ["SELECT 1 WHERE b", "SELECT 1"]),
        ("match x:\n  case 1: s = 'SELECT 1'\n  case _: s = 'SELECT 2'\ncur.execute(s)", ["SELECT 1", "SELECT 2"]),
        ("for s in ['SELECT 1', 'SELECT 2']:\n  cur.execute(s)", ["SELECT 1", "SELECT 2"]),
        ("for s in 'SELECT 1; SELECT 2'.split(';'):\n  cur.execute(s)", ["SELECT 1", "SELECT 2"]),
        # One branch, two names: only the texts that can meet.
        ("if x:\n  a, b = 'a', 'SELECT'\nelse:\n  a, b = 'b', 'SELECT DISTINCT'\ncur.execute(b + ' ' + a)",
         ["SELECT a", "SELECT DISTINCT b"]),
        ("if x:\n  raise E\nelse:\n  s = 'SELECT 2'\ncur.execute(s)", ["SELECT 2"]),
    ],
)  # fmt: skip
def test_branches_are_alternatives(source: str, expected: list[str]) -> None:
    statements = found(source).statements
    assert [statement.sql for statement in statements] == expected
    assert [statement.alternative for statement in statements] == list(range(len(expected)))


def test_more_than_eight_alternatives_are_a_hole() -> None:
    branches = "".join(f"if x == {i}: c = 'c{i}'\nel" for i in range(9)) + "se: c = 'z'\n"
    (statement,) = found(branches + "cur.execute('SELECT ' + c)").statements
    assert statement.sql == "SELECT {c}"


OPTIONAL = """
def f(a, b, c, d, e):
  where = []
  if a: where.append('a = ?')
  if b: where.append('b = ?')
  if c: where.append('c = ?')
  if d: where.append('d = ?')
  if e: where.insert(0, 'e = ?')
  sql = 'SELECT x FROM t'
  if where:
    sql += ' WHERE ' + ' AND '.join(where)
  sql += (' ORDER BY x' if where else ' LIMIT 1')
  cur.execute(sql)
"""


def test_of_many_conditions_each_is_in_one_of_the_texts_and_the_rest_is_a_hole() -> None:
    texts = [statement.sql for statement in found(OPTIONAL).statements]
    assert len(texts) <= 8
    assert "SELECT x FROM t LIMIT 1" in texts
    assert "SELECT x FROM t WHERE b = ? ORDER BY x" in texts
    assert all(any(f"{name} = ?" in text for text in texts) for name in "abcde")
    assert any("{" in text for text in texts)


def test_a_test_of_what_was_built_takes_the_arm_in_which_it_was() -> None:
    texts = [statement.sql for statement in found(OPTIONAL).statements if "{" not in statement.sql]
    assert all(("WHERE" in text) is ("ORDER BY" in text) is ("LIMIT" not in text) for text in texts)


def test_a_dict_of_clauses_that_conditions_fill() -> None:
    source = """
def f(a, b):
  clauses = dict(where='', order='')
  if a: clauses['where'] = 'WHERE a = ?'
  if b: clauses['order'] = 'ORDER BY b'
  clauses['order'] += ' LIMIT 1'
  cur.execute('SELECT x FROM t {where} {order}'.format(**clauses))
"""
    texts = {" ".join(statement.sql.split()) for statement in found(source).statements}
    assert texts == {
        "SELECT x FROM t LIMIT 1",
        "SELECT x FROM t ORDER BY b LIMIT 1",
        "SELECT x FROM t WHERE a = ? LIMIT 1",
        "SELECT x FROM t WHERE a = ? ORDER BY b LIMIT 1",
    }


@pytest.mark.parametrize("place", ["at", "1"])
def test_an_element_at_a_place_that_is_not_known_is_no_text(place: str) -> None:
    source = f"w = ['a = 1']\nfor x in y: w.append(x)\nw.insert({place}, 'b = 2')\ncur.execute('SELECT ' + ','.join(w))"
    assert all("b = 2" not in statement.sql for statement in found(source).statements)


def test_a_script_is_several_statements() -> None:
    script = (
        "cur.executescript('''CREATE TABLE a (x);\n-- b\nCREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;''')"
    )
    first, second = found(script).statements
    assert (first.sql, first.line) == ("CREATE TABLE a (x)", 3)
    assert (second.sql[:14], second.line) == ("CREATE TRIGGER", 5)


def test_constants_come_from_other_modules_of_the_project() -> None:
    from sqlport.files import source_of
    from sqlport.hosts import Settings
    from sqlport.hosts.python import extract

    texts = {
        "pkg/app.py": "import sqlite3\nfrom .names import TABLE, Cols\nfrom pkg.other import LIMIT as L\n"
        "sqlite3.connect('').execute(f'SELECT {Cols.ALL} FROM {TABLE} LIMIT {L}')",
        "pkg/names.py": "from .loop import *\nfrom .app import x\nTABLE = 'users'\nclass Cols:\n    ALL = 'a, b'\n",
        "pkg/other.py": "from pkg.third import LIMIT\n",
        "pkg/third.py": "from pkg.other import LIMIT as NOTHING\nLIMIT = 5\n",
    }
    files = {path: source_of(path, text.encode()) for path, text in texts.items()}
    (statement,) = extract(files["pkg/app.py"], Settings(read=files.get)).statements
    assert statement.sql == "SELECT a, b FROM users LIMIT 5"
    assert {origin.literal.path for origin in statement.origins} == {"pkg/app.py", "pkg/names.py"}


def test_cycles_of_imports_end() -> None:
    from sqlport.files import source_of
    from sqlport.hosts import Settings
    from sqlport.hosts.python import extract

    texts = {"a.py": "from b import X\nc.execute(X)\n", "b.py": "from c import X\n", "c.py": "from b import X\n"}
    files = {path: source_of(path, text.encode()) for path, text in texts.items()}
    assert extract(files["a.py"], Settings(read=files.get)).statements == ()


@pytest.mark.parametrize(
    "source",
    [
        "s = 'SELECT 1'\n" + "s += ' + 1'\n" * 1000 + "cur.execute(s)",
        "s = 'SELECT 1'\n" + "s = s + s\n" * 200 + "cur.execute(s)",
        "s = 'SELECT 1'\n" + "if x: s += ' + 1'\n" * 1000 + "cur.execute(s)",
        "if x: s = 'SELECT'\n" + "".join(f"elif x == {i}: s = 'SELECT {i}'\n" for i in range(900)) + "cur.execute(s)",
        "".join(f"if x: v{i} = 'a'\n" for i in range(10_000)) + "cur.execute('SELECT ' + v7)",
        "cur.execute(" + " + ".join(["'SELECT '"] + [f"'{'x' * 1000}'"] * 900) + ")",
        "cur.execute('SELECT ' '" + "x" * 1_000_000 + "')",
        "cur.execute(" + "'SELECT a' " * 20_000 + ")",
        "def f(x): return f(x) + f(x)\ncur.execute(f('a'))",
        "def f(x): return g(x) + g(x)\ndef g(x): return f(x) + f(x)\ncur.execute('SELECT ' + f('a'))",
        "s = s + 'SELECT'\ncur.execute(s)",
        "class C:\n  X = 'SELECT'\n  def f(self):\n    self.X = self.X + self.X\n    cur.execute(self.X)",
        "cur.execute('SELECT 1'" + ".strip()" * 90 + ")",
        "cur.execute('SELECT %s' % ('x' * 10 ** 9))",
        "cur.execute(f'SELECT " + "{x}," * 5000 + "1')",
        "".join(f"for i{n} in a: s = 'SELECT 1'; cur.execute(s)\n" for n in range(2000)),
    ],
    ids=range(16),
)  # fmt: skip
def test_large_and_cyclic_programs_are_done_quickly(source: str) -> None:
    begin = time.process_time()
    found(source)
    assert time.process_time() - begin < 2.0, "one second on an idle machine"


def test_text_keeps_its_origins_through_operations() -> None:
    source = "T = ' user '\nsql = 'SELECT 1 FROM %s WHERE x LIKE \"%%\"' % T.strip()\ncur.execute(sql)\n"
    (statement,) = found(source).statements
    text = HEADER + source
    for origin in statement.origins:
        literal = origin.literal
        token = text[literal.start : literal.end]
        assert statement.sql[origin.start : origin.end].replace("%", "%%")[:3] in token
    assert sum(len(statement.sql[o.start : o.end]) for o in statement.origins) == len(statement.sql)


def test_sql_in_a_field_of_an_f_string_is_known_but_not_placed() -> None:
    (statement,) = found("cur.execute(f\"SELECT {'a' if x else 'a'} FROM t\")").statements
    assert statement.sql == "SELECT a FROM t"
    covered = {at for origin in statement.origins for at in range(origin.start, origin.end)}
    assert 7 not in covered


def test_the_header_of_these_tests_holds_no_sql() -> None:
    assert sqls("") == []
