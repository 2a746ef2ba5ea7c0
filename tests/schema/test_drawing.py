"""The reports open in a browser without a network: the picture is part of the page."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from xml.etree import ElementTree

from click.testing import CliRunner

from sqlport.catalog import from_sqlite
from sqlport.cli import main
from sqlport.schema.drawing import drawing
from sqlport.schema.page import page

SCRIPT = (
    """
CREATE TABLE "a <b>" (id INTEGER PRIMARY KEY, self INTEGER REFERENCES "a <b>");
CREATE TABLE c (id INTEGER PRIMARY KEY, a INTEGER REFERENCES "a <b>", d INTEGER REFERENCES d, e REFERENCES nowhere);
CREATE TABLE d (id INTEGER PRIMARY KEY, c INTEGER REFERENCES c, """
    + ", ".join(f"x{n}" for n in range(20))
    + ");"
)


def tables() -> list[tuple[float, str]]:
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCRIPT)
    catalog = from_sqlite(connection).catalog
    connection.close()
    root = ElementTree.fromstring(drawing(list(catalog), lambda table, column: "bigint"))
    space = "{http://www.w3.org/2000/svg}"
    assert len(root.findall(f"{space}path")) == 4
    heads = [each for each in root.iter(f"{space}text") if each.get("font-weight") == "bold"]
    assert any("more" in (each.text or "") for each in root.iter(f"{space}text"))
    return sorted((float(each.get("x", "0")), each.text or "") for each in heads)


def test_each_table_is_drawn_and_children_stand_right_of_their_parents() -> None:
    found = tables()
    assert sorted(name for _, name in found) == ["a <b>", "c", "d"]
    assert found[0][1] == "a <b>"
    assert len({left for left, _ in found}) >= 2


def test_nothing_is_drawn_of_nothing() -> None:
    assert drawing([], lambda table, column: "") == ""


def test_a_page_holds_what_the_text_says_and_asks_for_nothing_else() -> None:
    made = page(
        "t & u", "# H\n\n- a `b`\n- <c>\n\n| x | y |\n|---|---|\n| 1 \\| 2 | 3 |\n\n```mermaid\nerD\n```\n", "<svg/>"
    )
    assert "<ul><li>a <code>b</code></li><li>&lt;c&gt;</li></ul>" in made
    assert "<td>1 | 2</td>" in made
    assert "<svg/>" in made
    assert "http" not in made
    assert "<title>t &amp; u</title>" in made


def test_the_report_writes_both_documents_and_their_pages(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "app.db")
    connection.executescript(SCRIPT)
    connection.close()
    code = tmp_path / "app.py"
    code.write_text("import sqlite3\nsqlite3.connect('app.db').execute('SELECT * FROM c').fetchall()\n")
    arguments = ["schema", "report", str(tmp_path / "app.db"), "--isolated", "--html", "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(main, [*arguments, "--code", str(code)])
    assert result.exit_code == 0, result.output
    names = sorted(each.name for each in (tmp_path / "out").iterdir())
    assert names == [
        "postgres-schema-design.html",
        "postgres-schema-design.md",
        "sqlite-schema-analysis.html",
        "sqlite-schema-analysis.md",
    ]
    assert "erDiagram" in (tmp_path / "out" / "postgres-schema-design.md").read_text()
    assert "<svg" in (tmp_path / "out" / "sqlite-schema-analysis.html").read_text()
