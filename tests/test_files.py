"""Which files are found, how they are read, and how they are written back."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from sqlport.files import discover, read_source, reported, source_of, write_atomic
from sqlport.model import SqlportError


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n")


def test_python_and_sql_files_are_found_in_order(tree: Path) -> None:
    put(tree, "b.py", "a.py", "pkg/z.sql", "pkg/a.py", "README.md", "pkg/data.csv")
    assert discover(["."]) == ["a.py", "b.py", "pkg/a.py", "pkg/z.sql"]


def test_a_named_file_is_taken_whatever_its_suffix_and_only_once(tree: Path) -> None:
    put(tree, "script", "a.py")
    assert discover(["script", "a.py", ".", "a.py"]) == ["script", "a.py"]


def test_environments_caches_and_repositories_are_left_out(tree: Path) -> None:
    put(tree, ".git/a.py", "venv/a.py", ".venv/a.py", "node_modules/a.py", "__pycache__/a.py", "env/lib/a.py", "a.py")
    (tree / "env/pyvenv.cfg").write_text("")
    assert discover(["."]) == ["a.py"]


def test_gitignore_is_respected_nested_and_negated(tree: Path) -> None:
    put(tree, "a.py", "skip.py", "out/a.py", "pkg/skip.py", "pkg/keep.py", "pkg/deep/gen.py", "pkg/deep/x.py")
    (tree / ".git").mkdir()
    (tree / ".gitignore").write_text("skip.py\n/out/\n")
    (tree / "pkg/.gitignore").write_text("!skip.py\n")
    (tree / "pkg/deep/.gitignore").write_text("gen*\n")
    assert discover(["."]) == ["a.py", "pkg/keep.py", "pkg/skip.py", "pkg/deep/x.py"]
    assert discover(["pkg"]) == ["pkg/keep.py", "pkg/skip.py", "pkg/deep/x.py"]
    assert len(discover(["."], gitignore=False)) == 7


def test_a_named_folder_is_taken_although_it_is_ignored(tree: Path) -> None:
    put(tree, "out/a.py", "out/b/c.py")
    (tree / ".git").mkdir()
    (tree / ".gitignore").write_text("out\n")
    assert discover(["."]) == []
    assert discover(["out"]) == ["out/a.py", "out/b/c.py"]


def test_gitignore_of_another_repository_above_is_not(tree: Path) -> None:
    put(tree, "repo/a.py")
    (tree / ".gitignore").write_text("*.py\n")
    (tree / "repo/.git").mkdir()
    assert discover(["repo"]) == ["repo/a.py"]


def test_exclude_and_include(tree: Path) -> None:
    put(tree, "a.py", "b.py", "migrations/1.py", "pkg/migrations/2.py", "tool", "x.pyi")
    assert discover(["."], exclude=["migrations/"]) == ["a.py", "b.py"]
    assert discover(["."], exclude=["/migrations", "b.*"]) == ["a.py", "pkg/migrations/2.py"]
    assert discover(["."], include=["*.pyi"], exclude=["*.py"]) == ["x.pyi"]
    assert discover(["b.py"], exclude=["b.py"]) == []


def test_symlink_loops_end_and_every_file_comes_once(tree: Path) -> None:
    put(tree, "pkg/a.py")
    (tree / "pkg/loop").symlink_to(tree, target_is_directory=True)
    (tree / "pkg/self").symlink_to("self")
    (tree / "b.py").symlink_to("pkg/a.py")
    (tree / "gone.py").symlink_to("nowhere.py")
    assert discover(["."]) == ["b.py"]


def test_a_missing_path_is_an_error_that_names_it(tree: Path) -> None:
    with pytest.raises(SqlportError, match=r"nope\.py: cannot be read \(no such file"):
        discover(["nope.py"])
    with pytest.raises(SqlportError, match=r"nope\.py: cannot be read"):
        read_source("nope.py")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_folder_is_an_error(tree: Path) -> None:
    put(tree, "pkg/a.py")
    (tree / "pkg").chmod(0)
    try:
        with pytest.raises(SqlportError, match="pkg: cannot be"):
            discover(["."])
    finally:
        (tree / "pkg").chmod(0o755)


def test_a_folder_that_is_read_as_a_file_is_an_error(tree: Path) -> None:
    with pytest.raises(SqlportError, match="cannot be read"):
        read_source(tree)


def test_paths_are_shown_relative_to_the_working_directory(tree: Path) -> None:
    assert reported(tree / "a/b.py") == "a/b.py"
    assert reported("./a/../b.py") == "b.py"
    assert reported("/elsewhere/b.py") == "/elsewhere/b.py"


@pytest.mark.parametrize(
    ("data", "text", "encoding", "bom"),
    [
        (b"x = 1\r\n", "x = 1\r\n", "utf-8", False),
        (b"\xef\xbb\xbfx", "x", "utf-8", True),
        (b"# coding: latin-1\n'\xe9'", "# coding: latin-1\n'é'", "iso-8859-1", False),
        (b"#!x\n# vim: set fileencoding=cp1252 :\n\x80", "#!x\n# vim: set fileencoding=cp1252 :\n€", "cp1252", False),
        (b"# coding: nonsense\n", "# coding: nonsense\n", "utf-8", False),
        (b"'\xff'", "'\udcff'", "utf-8", False),
    ],
)
def test_text_is_decoded_as_python_does(data: bytes, text: str, encoding: str, bom: bool) -> None:
    file = source_of("a.py", data)
    assert (file.text, file.encoding, file.bom) == (text, encoding, bom)


def test_sql_files_have_no_cookie() -> None:
    assert source_of("a.sql", "-- coding: latin-1\n'é'".encode()).text.endswith("'é'")


def test_writing_keeps_mode_and_other_bytes(tree: Path) -> None:
    path = tree / "a.py"
    path.write_bytes(b"\xef\xbb\xbfx = 1\r\n")
    path.chmod(0o754)
    write_atomic(read_source(path), "x = 2\r\n")
    assert path.read_bytes() == b"\xef\xbb\xbfx = 2\r\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o754
    assert [entry.name for entry in tree.iterdir()] == ["a.py"]


def test_writing_through_a_symlink_keeps_it(tree: Path) -> None:
    put(tree, "real/a.py")
    (tree / "a.py").symlink_to("real/a.py")
    write_atomic(read_source("a.py"), "x = 2\n")
    assert (tree / "a.py").is_symlink()
    assert (tree / "real/a.py").read_text() == "x = 2\n"


def test_a_file_that_changed_meanwhile_is_not_written(tree: Path) -> None:
    put(tree, "a.py")
    file = read_source("a.py")
    (tree / "a.py").write_text("y = 1\n")
    with pytest.raises(SqlportError, match=r"a\.py: changed on disk since it was read"):
        write_atomic(file, "x = 2\n")
    assert (tree / "a.py").read_text() == "y = 1\n"


def test_a_file_that_is_gone_is_not_made_again(tree: Path) -> None:
    put(tree, "a.py")
    file = read_source("a.py")
    (tree / "a.py").unlink()
    with pytest.raises(SqlportError, match=r"a\.py: cannot be written"):
        write_atomic(file, "x = 2\n")
    assert list(tree.iterdir()) == []


def test_text_that_the_encoding_lacks_is_not_written(tree: Path) -> None:
    (tree / "a.py").write_bytes(b"# coding: latin-1\n")
    with pytest.raises(SqlportError, match="iso-8859-1 cannot hold"):
        write_atomic(read_source("a.py"), "€")
    assert (tree / "a.py").read_bytes() == b"# coding: latin-1\n"
