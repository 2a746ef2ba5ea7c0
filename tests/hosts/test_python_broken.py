"""Files that are no Python for the running version: their SQL is found, what is wrong is said, nothing is written."""

from __future__ import annotations

import pytest

from sqlport.files import source_of
from sqlport.hosts import Refusal, apply_edits
from sqlport.model import FileEdit
from tests.hosts.support import found

BROKEN = "    this is broken\n"


@pytest.mark.parametrize(
    "source",
    [
        "print 'hello'\ncur.execute('SELECT 1')",
        "print >>out, 'x', 1\nprint\nif x: print 'y'\nprint 'a', \\\n  'b'\ncur.execute('SELECT 1')",
        "try:\n  pass\nexcept (A, B), error:\n  cur.execute('SELECT 1')\n  raise E, 'msg'",
        "os.chmod(p, 0777)\nn = 10L\nif a <> b:\n  z = `x`\ncur.execute(ur'SELECT 1')",
        "exec 'code' in names\ncur.execute('SELECT 1')",
        "async = 1\ncur.execute('SELECT 1')\nq = lambda (a, b): a",
        "def f((a, b), c):\n  cur.execute('SELECT 1')",
        "x = 'unterminated\ncur.execute('SELECT 1')",
        "if x ==:\n  cur.execute('SELECT 1')\ny = (1,\n  2 3)",
        "def f():\n    x = 1\n  y = 2\ncur.execute('SELECT 1')",
    ],
)
def test_sql_of_a_file_that_is_no_python(source: str) -> None:
    extraction = found(source, header="")
    assert [statement.sql for statement in extraction.statements] == ["SELECT 1"]
    assert [finding.code for finding in extraction.findings] == ["SQP003"]
    assert "only a part" in extraction.findings[0].message


@pytest.mark.parametrize(
    "source",
    [
        "try:\n  pass\nexcept A, B:\n  cur.execute('SELECT 1')",
        "def f(x):\n  y = t'{x}'\n  cur.execute('SELECT 1')",
        "type X = int\ndef f[T](x: T) -> T:\n  cur.execute('SELECT 1')",
        "def f(d):\n  cur.execute(f'SELECT {d['a']}')",
        "def f(d):\n  cur.execute(t'SELECT {d}')",
        "try:\n  pass\nexcept* E:\n  cur.execute('SELECT 1')",
    ],
)
def test_sql_in_the_syntax_of_another_version(source: str) -> None:
    (statement,) = found(source).statements
    assert statement.sql.startswith("SELECT")


@pytest.mark.parametrize(
    "source",
    [
        "print 'SELECT 1 FROM t'",
        "x = 'SELECT 1 FROM t\nprint('SELECT 2')",
        "def f(:\n  '''SELECT 1'''\n",
        "\0",
        "(" * 10_000,
    ],
)
def test_other_texts_of_it_are_no_sql(source: str) -> None:
    extraction = found(source + "\ncur.execute(")
    assert not extraction.statements
    assert [finding.code for finding in extraction.findings] == ["SQP003"]


def test_texts_stay_at_their_places() -> None:
    extraction = found("print 'x'\n\ncur.execute(\n  'SELECT 1'\n)", header="")
    (statement,) = extraction.statements
    assert (statement.line, statement.column, statement.sink_line) == (4, 4, 3)


def test_nothing_is_written() -> None:
    file = source_of("app.py", b"print 'x'\ncur.execute('SELECT 1')\n")
    refused = apply_edits(file, [FileEdit("app.py", 30, 31, "2")])
    assert isinstance(refused, Refusal)
    assert refused.reason == "unparsable"


def test_a_large_broken_file_is_done_quickly() -> None:
    source = "".join(f"print 'x', {n}\ny = {n} {n}\ncur.execute('SELECT {n}')\n" for n in range(3000))
    assert found(source).findings
