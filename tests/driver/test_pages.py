"""Every case of every page about calls: what the page says is what `fix` makes of a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sqlport.config import Config
from sqlport.engines.server import Server
from sqlport.project import fix
from sqlport.rulebook import Case, Rule, load

RULES = tuple(rule for rule in load().rules if rule.codemod)
CASES = [(rule, case) for rule in RULES for case in rule.cases]


@pytest.fixture
def config(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.chdir(tmp_path)
    return Config(root=tmp_path, postgres=server.url)


@pytest.mark.parametrize(("rule", "case"), CASES, ids=[f"{rule.code}:{case.line}" for rule, case in CASES])
def test_case_holds(rule: Rule, case: Case, config: Config, tmp_path: Path) -> None:
    file = tmp_path / "app.py"
    file.write_text(case.bad, encoding="utf-8")
    before = fix([file], config, write=True)
    assert not [finding for finding in before.findings if finding.applied and finding.code.startswith("DRV")]
    file.write_text(case.bad, encoding="utf-8")
    after = fix([file], config, write=True, unsafe=True)
    found = [finding.code for finding in before.findings]
    if case.ok:
        assert [code for code in found if code.startswith("DRV")] == []
        assert file.read_text(encoding="utf-8") == case.bad
        return
    assert rule.code in found
    if case.fixed is None:
        assert rule.code in [finding.code for finding in after.left]
        return
    assert file.read_text(encoding="utf-8") == case.fixed
    assert rule.code not in [finding.code for finding in after.left if finding.fix]
    again = fix([file], replace(config), write=True, unsafe=True)
    assert again.written == ()
    assert file.read_text(encoding="utf-8") == case.fixed


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_page_is_complete(rule: Rule) -> None:
    bad = [case for case in rule.cases if not case.ok]
    assert bad, "a rule shows at least one call that it is about"
    assert len(rule.cases) - len(bad) >= 2, "a rule shows at least two files that it leaves alone"
    assert rule.path.name == f"{rule.code}-{rule.name}.md"
    if rule.fix is not rule.fix.MANUAL:
        assert any(case.fixed for case in bad)
    if rule.fix is rule.fix.UNSAFE:
        assert rule.condition, "an unsafe fix names its condition"
