"""Files that cannot be read, comments that speak to sqlport, and the speed of files without SQL."""

from __future__ import annotations

import pytest

from sqlport.files import source_of
from sqlport.hosts import Settings
from sqlport.hosts.python import extract
from tests.hosts.support import found


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"def f(:\n  pass\n", 1, "invalid syntax"),
        (b"x = 1\n  y = 2\n", 2, "indent"),
        (b"import sqlite3\nc.execute('SELECT 1'\n", 2, "never closed"),
        (b"import sqlite3\nc.execute('SELECT 1\n", 2, "unterminated"),
        (b"x = 1\ny = '\x00'\n", 2, "null byte"),
        (b"c.execute('SELECT 1')\n\x00", 2, "null byte"),
        (b"x = 1\n# \xff\n", 2, "0xff"),
        (b"c.execute('SELECT 1')\n# \xe9\n", 2, "0xe9"),
        (b"# coding: nonsense\nx = 1\n", 1, "nonsense"),
        (b"print 'SELECT 1'\n", 1, "parentheses"),
        (b"x = " + b"(" * 5000 + b")" * 5000, 1, "nested"),
        (b"x = " + b"-" * 100_000 + b"1", 1, "nested"),
    ],
    ids=range(12),
)  # fmt: skip
def test_a_file_that_is_no_python_is_a_finding_at_its_line(data: bytes, line: int, message: str) -> None:
    result = extract(source_of("bad.py", data), Settings())
    (finding,) = result.findings
    assert (finding.code, finding.name) == ("SQP003", "invalid-source")
    assert finding.place is not None and finding.place.path == "bad.py"
    assert finding.place.line == line
    assert message in finding.message
    assert result.statements == ()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"x = 1",
        b"\xef\xbb\xbfx = 1",
        b"# coding: latin-1\nx = '\xe9'",
        b"x = '\\d'",
        b"\x0cx = 1",
        b"return",
    ],
)
def test_other_files_without_sql_have_nothing_to_say(data: bytes) -> None:
    result = extract(source_of("good.py", data), Settings())
    assert (result.statements, result.findings, result.suppressions) == ((), (), ())


def test_a_literal_of_five_megabytes() -> None:
    (statement,) = found("cur.execute('''INSERT INTO t VALUES " + "(1, 'abc'),\n" * 400_000 + "(2)''')").statements
    assert len(statement.sql) > 4_800_000


@pytest.mark.parametrize(
    ("source", "first", "last", "codes", "reason"),
    [
        ("x = 1  # sqlport: ignore[A001] -- because", 1, 1, ("A001",), "because"),
        ("x = 1  # sqlport:ignore[A001, name-of-rule]", 1, 1, ("A001", "name-of-rule"), ""),
        ("# sqlport: ignore[A001]\nx = 1\ny = 2", 2, 2, ("A001",), ""),
        ("# sqlport: ignore[A001]\n# another\n\nx = f(\n  1,\n)\n", 4, 6, ("A001",), ""),
        ("x = f(\n  1,  # sqlport: ignore[A001]\n  2,\n)\n", 1, 4, ("A001",), ""),
        ("x = f(\n  # sqlport: ignore[A001]\n  2,\n)\n", 1, 4, ("A001",), ""),
        ("x = f(\n  2,\n)  # sqlport: ignore[A001]\n", 1, 3, ("A001",), ""),
        ("with a(\n):  # sqlport: ignore[A001]\n  b()\n", 1, 2, ("A001",), ""),
        ("def f():\n  # sqlport: ignore[A001]\n  g('''\n  ''')\n  h()\n", 3, 4, ("A001",), ""),
        ("def f():\n  g()  # sqlport: ignore[A001]\n  h()\n", 2, 2, ("A001",), ""),
        ("x = 1\n# sqlport: file-ignore[A001] -- generated\n", 1, 3, ("A001",), "generated"),
        ("x = 1  # sqlport: ignore", 1, 1, (), ""),
    ],
)
def test_suppressions_cover_the_logical_statement(
    source: str, first: int, last: int, codes: tuple[str, ...], reason: str
) -> None:
    (one,) = found(source, header="").suppressions
    assert (one.first_line, one.last_line, one.codes, one.reason) == (first, last, codes, reason)


@pytest.mark.parametrize(
    "source",
    [
        "x = '# sqlport: ignore[A001]'",
        "x = '''\n# sqlport: ignore[A001]\n'''",
        "x = f'{y} # sqlport: ignore[A001]'",
        "# ignore[A001]",
    ],
)
def test_what_only_looks_like_one_is_none(source: str) -> None:
    assert found(source, header="").suppressions == ()


def test_suppressions_in_the_sql_cover_their_statement() -> None:
    script = '''
        cur.executescript("""
          -- sqlport: ignore[A001] -- for the next
          CREATE TABLE a (x);
          CREATE TABLE b (x  /* sqlport: ignore[A002] */
          );
          CREATE TABLE c (x);  -- sqlport: ignore[A003]
        """)
    '''
    result = found(script)
    by_code = {one.codes[0]: one for one in result.suppressions}
    a, b, c = result.statements
    assert by_code["A001"].statement_ids == (a.id,)
    assert by_code["A002"].statement_ids == (b.id,)
    assert by_code["A003"].statement_ids == (c.id,)
    assert by_code["A001"].reason == "for the next"
    assert {one.scope for one in result.suppressions} == {"sql"}


def test_nothing_of_the_scanned_code_runs(tmp_path) -> None:  # type: ignore[no-untyped-def]
    marker = tmp_path / "ran"
    found(f"open({str(marker)!r}, 'w').write('x')\ncur.execute(f'SELECT {{open({str(marker)!r}, \"w\")}}')\n")
    assert not marker.exists()
