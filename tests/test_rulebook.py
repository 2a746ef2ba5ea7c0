"""The rule book tells what is wrong with a page, and finds rules by code and by name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sqlport.model import SqlportError
from sqlport.rulebook import bundled, load, read_rule

GOOD = (bundled() / "FNC" / "FNC001-ifnull.md").read_text("utf-8")


def page(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "X.md"
    path.write_text(text, "utf-8")
    return path


def test_a_rule_is_found_by_code_and_by_name() -> None:
    book = load()
    rule = book.find("FNC001")
    assert rule is not None
    assert book.find("ifnull") is rule
    assert book.find("fnc001") is rule
    assert book.find("nothing") is None


def test_codes_and_names_are_those_of_the_constructs() -> None:
    assert len({rule.name for rule in load().rules}) == len(load().rules)
    for rule in load().rules:
        assert re.fullmatch(r"[a-z][a-z0-9-]+", rule.name)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("+++\ncode", "code", "begins with TOML"),
        ('code = "FNC001"', "code = ", "no TOML"),
        ('since = "0.1"\n', "", "'since' is missing"),
        ('effect = "rejected"', 'effect = "bad"', "none of rejected"),
        ('code = "FNC001"', 'code = "F1"', "is no code"),
        ('since = "0.1"', 'since = "0.1"\nfoo = 1', "unknown key 'foo'"),
        ("## Why", "## Because", "the sections are"),
        ('match = "ifnull($a, $b)"', 'impl = "no_such_module"', "no module"),
        ('match = "ifnull($a, $b)"\n', "", "either `match`"),
    ],
)
def test_a_wrong_page_is_named_with_what_is_wrong(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    path = page(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(SqlportError, match=said) as raised:
        read_rule(path)
    assert str(path) in str(raised.value)


def test_a_wrong_case_is_named_with_its_line(tmp_path: Path) -> None:
    rule = read_rule(page(tmp_path, GOOD + "\n```sql nonsense\nSELECT 1\n```\n"))
    with pytest.raises(SqlportError, match=r"X\.md:\d+: a case is"):
        _ = rule.cases


def test_rules_of_the_user_are_added(tmp_path: Path) -> None:
    own = GOOD.replace("FNC001", "OUR001").replace('"ifnull"', '"our-own"')
    page(tmp_path, own)
    assert load([tmp_path]).find("our-own") is not None


def test_a_code_can_be_taken_once_only(tmp_path: Path) -> None:
    page(tmp_path, GOOD)
    with pytest.raises(SqlportError, match="is taken by"):
        load([tmp_path])


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(SqlportError, match="no folder of rules"):
        load([tmp_path / "none"])
