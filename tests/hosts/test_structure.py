"""The modules that find SQL in Python stand in layers: each uses those below it only."""

from __future__ import annotations

import ast
from pathlib import Path

import sqlport.hosts.python

ROOM = Path(sqlport.hosts.python.__file__).parent
NAME = "sqlport.hosts.python"


def imports(path: Path) -> set[str]:
    """The modules of the room that a module uses when it runs, also inside its functions."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == NAME:
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{NAME}."):
            found.add((node.module or "").rpartition(".")[2])
    return found


def test_no_imports_run_in_a_circle() -> None:
    uses = {path.stem: imports(path) for path in ROOM.glob("*.py") if path.stem != "__init__"}
    while uses:
        bottom = [name for name, used in uses.items() if not used & uses.keys()]
        assert bottom, f"a circle is among {sorted(uses)}"
        for name in bottom:
            del uses[name]


def test_no_module_is_long() -> None:
    long = {path.name for path in ROOM.glob("*.py") if len(path.read_text("utf-8").splitlines()) > 400}
    assert not long
