"""Diffs: what `git apply` and `patch` make of them is the new text, byte for byte."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from sqlport.report.diff import NO_NEWLINE, render, unified

CASES = [
    ("a\nb\n", "a\nc\n"),
    ("a\nb", "a\nc"),
    ("a\nb", "a\nb\n"),
    ("a\nb\n", "a\nb"),
    ("a\r\nb\r\n", "a\r\nc\r\n"),
    ("a\rb\n", "a\rc\n"),
    ("x\x0cy\nb\n", "x\x0cy\nc\n"),
    ("a\u2028b\nb\n", "a\u2028b\nc\n"),
    ("-- old\n++ odd\n", "-- new\n++ odd\n"),
    ("a\n" * 40 + "b\n" + "c\n" * 40, "a\n" * 40 + "B\n" + "c\n" * 39 + "d\n"),
    ("", "a\n"),
]


@pytest.mark.parametrize(("old", "new"), CASES)
@pytest.mark.parametrize("name", ["x.py", "with space.py", "ünï.py", "sub/dir/x.sql", 'quo"te.py'])
def test_git_applies_it(old: str, new: str, name: str, tmp_path: Path) -> None:
    if old == "" and name != "x.py":
        pytest.skip("one name is enough for an empty file")
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(old.encode())
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    command = ["git", "-c", "core.autocrlf=false", "apply", "-"]
    subprocess.run(command, input=render({name: (old, new)}).encode(), cwd=tmp_path, check=True)
    assert file.read_bytes().decode() == new


@pytest.mark.skipif(shutil.which("patch") is None, reason="patch is not installed")
@pytest.mark.parametrize(("old", "new"), CASES[:8])
def test_patch_applies_it(old: str, new: str, tmp_path: Path) -> None:
    file = tmp_path / "a name.py"
    file.write_bytes(old.encode())
    diff = render({"a name.py": (old, new)}).encode()
    subprocess.run(["patch", "-p1", "--binary", "-s"], input=diff, cwd=tmp_path, check=True)
    assert file.read_bytes().decode() == new


def test_no_change_is_no_diff() -> None:
    assert unified("x.py", "a\n", "a\n") == ""


def test_a_missing_final_newline_is_said_on_both_sides() -> None:
    assert unified("x.py", "a", "b").count(NO_NEWLINE) == 2


def test_colour_changes_nothing_but_colour() -> None:
    import re

    diffs = {"x.py": ("a\nb\n", "a\nc\n")}
    assert re.sub(r"\x1b\[[0-9;]*m", "", render(diffs, color=True)) == render(diffs)
