"""Scripts that Python reads from `.sql` files and runs."""

from __future__ import annotations

import pytest

from sqlport.files import source_of
from sqlport.hosts import Extraction, Finder, Settings
from sqlport.model import Edit

HEAD = "import os, pkgutil, importlib.resources\nfrom pathlib import Path\nimport sqlite3\ndb = sqlite3.connect('x')\n"
SCRIPT = "CREATE TABLE a (x);\nCREATE TABLE b (y);\n"


def read(app: str, *, given: bool = True, script: str = "pkg/schema.sql") -> dict[str, Extraction]:
    """What is found in `pkg/app.py` and, when it is `given` to the run, in the script."""
    files = {"pkg/app.py": source_of("pkg/app.py", (HEAD + app).encode()), script: source_of(script, SCRIPT.encode())}
    finder = Finder()
    for path, file in files.items():
        if given or path.endswith(".py"):
            finder.add(file, Settings(read=files.get))
    return finder.finish()


@pytest.mark.parametrize(
    "app",
    [
        "db.executescript(Path('schema.sql').read_text())",
        "db.executescript((Path(__file__).parent / 'schema.sql').read_text('utf-8'))",
        "db.executescript(Path(__file__).with_name('schema.sql').read_text())",
        "db.executescript(Path(__file__).resolve().parent.joinpath('schema.sql').read_text())",
        "db.executescript(open('schema.sql').read())",
        "db.executescript(open('schema.sql', 'rb').read().decode('utf8'))",
        "with open(os.path.join(HERE, 'schema.sql'), 'r', encoding='utf8') as f:\n    db.executescript(f.read())",
        "with open(os.path.join(os.path.dirname(__file__), 'schema.sql')) as f:\n    db.executescript(f.read())",
        "with app.open_resource('schema.sql') as f:\n    db.executescript(f.read().decode('utf8'))",
        "db.executescript(pkgutil.get_data('pkg', 'schema.sql').decode())",
        "db.executescript(importlib.resources.read_text('pkg', 'schema.sql'))",
        "db.executescript(importlib.resources.files('pkg').joinpath('schema.sql').read_text())",
        "db.executescript((importlib.resources.files('pkg') / 'schema.sql').read_text())",
        "S = Path(__file__).parent / 'schema.sql'\ndef init():\n    db.executescript(S.read_text())",
        "def load(name): return (Path(__file__).parent / name).read_text()\ndb.executescript(load('schema.sql'))",
    ],
)
def test_a_script_is_linked_to_the_call_that_runs_it(app: str) -> None:
    result = read(app)
    statements = result["pkg/schema.sql"].statements
    assert [statement.sql for statement in statements] == ["CREATE TABLE a (x)", "CREATE TABLE b (y)"]
    assert {(one.sink, one.sink_path, one.path) for one in statements} == {
        ("sqlite3.Connection.executescript", "pkg/app.py", "pkg/schema.sql")
    }
    assert result["pkg/app.py"].statements == () and result["pkg/app.py"].findings == ()


def test_a_script_that_is_not_looked_at_itself_is_found_through_the_call() -> None:
    (first, _) = read("db.executescript(Path('schema.sql').read_text())", given=False)["pkg/app.py"].statements
    assert (first.host, first.path, first.line, first.sink_line) == ("sql", "pkg/schema.sql", 1, 5)


def test_a_script_in_a_folder_is_found() -> None:
    app = "db.executescript(open(os.path.join(ROOT, 'sql', 'schema.sql')).read())"
    result = read(app, script="pkg/sql/schema.sql")
    assert {one.sink_path for one in result["pkg/sql/schema.sql"].statements} == {"pkg/app.py"}


@pytest.mark.parametrize(
    "app",
    [
        "Path('schema.sql').read_text()",
        "print(open('schema.sql').read())",
        "db.executescript(open('other.sql').read())",
        "db.executescript(open('schema.txt').read())",
        "db.executescript(open(name).read())",
        "db.executescript(Path('schema.sql'))",
        "db.executescript(str(6 / 2))",
    ],
)
def test_other_files_are_not(app: str) -> None:
    result = read(app)
    assert {one.sink for one in result["pkg/schema.sql"].statements} == {"script"}
    assert result["pkg/app.py"].statements == ()


def test_an_edit_lands_in_the_script() -> None:
    from sqlport.hosts import map_edits

    (first, _) = read("db.executescript(Path('schema.sql').read_text())", given=False)["pkg/app.py"].statements
    file = source_of("pkg/schema.sql", SCRIPT.encode())
    mapped = map_edits(first, [Edit(13, 14, "z")], {"pkg/schema.sql": file})
    assert isinstance(mapped, tuple)
    assert [(edit.path, edit.start, edit.text) for edit in mapped] == [("pkg/schema.sql", 13, "z")]
