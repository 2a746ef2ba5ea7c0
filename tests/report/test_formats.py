"""Each format says what its golden file says: SQLPORT_UPDATE=1 writes the files anew, for you to read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sqlport.model import Severity
from sqlport.report import FORMATS, as_json, diff, renderer, summary, table
from sqlport.results import Report
from tests.report.sample import FINDINGS, REPORT

GOLDEN = Path(__file__).parents[2] / "fixtures" / "formats"

TEXTS: dict[str, Callable[[], str]] = {
    "full.txt": lambda: renderer("full")(REPORT),
    "full-color.txt": lambda: renderer("full")(REPORT, color=True),
    "concise.txt": lambda: renderer("concise")(REPORT),
    "check.json": lambda: renderer("json")(REPORT),
    "check.sarif": lambda: renderer("sarif")(replace(REPORT, pages={"FNC001": "## What it does\n\nFinds it.\n"})),
    "github.txt": lambda: renderer("github")(REPORT),
    "summary.txt": lambda: summary.render(REPORT),
    "statistics.txt": lambda: summary.statistics(REPORT),
    "coverage.txt": lambda: summary.coverage(REPORT),
    "fix.diff": lambda: diff.render(REPORT.diffs),
    "verify.txt": lambda: table.verdicts(REPORT, width=100),
    "verify.json": lambda: as_json.verdicts(REPORT),
    "extract.txt": lambda: table.statements(REPORT),
    "extract.json": lambda: as_json.statements(REPORT),
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_format_is_as_its_golden_file(name: str) -> None:
    text = TEXTS[name]()
    file = GOLDEN / name
    if os.environ.get("SQLPORT_UPDATE"):
        GOLDEN.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="")
    assert text == file.read_bytes().decode("utf-8")


def test_every_format_of_check_has_a_golden_file() -> None:
    endings = {"full": "full.txt", "concise": "concise.txt", "json": "check.json"}
    endings |= {"sarif": "check.sarif", "github": "github.txt"}
    assert set(endings) == set(FORMATS)
    assert set(endings.values()) <= set(TEXTS)


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_without_colour_has_no_escape_of_ours_or_of_the_message(name: str) -> None:
    assert "\x1b" not in renderer(name)(REPORT)


@pytest.mark.parametrize("name", ["full", "concise", "github"])
def test_nothing_found_is_the_empty_text(name: str) -> None:
    assert renderer(name)(Report()) == ""


@pytest.mark.parametrize("name", ["json", "sarif"])
def test_nothing_found_is_still_valid(name: str) -> None:
    assert isinstance(json.loads(renderer(name)(Report())), dict)


@pytest.mark.parametrize("name", FORMATS)
def test_a_fix_on_disk_is_not_left(name: str) -> None:
    done = replace(REPORT, findings=(replace(FINDINGS[1], applied=True),), written=("app/db.py",))
    text = renderer(name)(done)
    if name == "json":
        assert json.loads(text)["findings"][0]["applied"] is True
    elif name == "sarif":
        assert json.loads(text)["runs"][0]["results"] == []
    else:
        assert text == ""


def test_lone_surrogates_come_through_json() -> None:
    odd = replace(FINDINGS[3], message="byte \udcff")
    assert json.loads(renderer("json")(Report(findings=(odd,))))["findings"][0]["message"] == "byte \udcff"
    assert renderer("json")(Report(findings=(odd,))).encode("utf-8")


def test_the_json_of_check_has_the_documented_keys() -> None:
    content = json.loads(renderer("json")(REPORT))
    assert set(content) >= {"findings", "summary"}
    finding = content["findings"][0]
    documented = "code name effect severity message path line column end_line end_column fingerprint fix".split()
    assert set(documented) <= set(finding)
    assert set(finding["fix"]) >= {"applicability", "edits"}
    assert set(finding["fix"]["edits"][0]) == {"path", "start", "end", "text"}
    assert content["findings"][3]["fix"] is None


def test_the_json_of_verify_and_extract_have_the_documented_keys() -> None:
    verdict = json.loads(as_json.verdicts(REPORT))[2]
    assert set("statement_id path line sql ported verdict reason sqlstate message server".split()) <= set(verdict)
    assert (verdict["verdict"], verdict["sqlstate"], verdict["server"]["major"]) == ("rejected", "42601", 18)
    one = json.loads(as_json.statements(REPORT))[1]
    documented = (
        "statement_id path line column end_line host dialect sink sink_line sql holes alternative resolved origins"
    )
    assert set(documented.split()) <= set(one)
    hole = one["holes"][0]
    assert one["sql"][hole["start"] : hole["end"]] == "{table}"


def test_a_statement_that_was_not_asked_about_is_unverified() -> None:
    rows = json.loads(as_json.verdicts(replace(REPORT, verdicts={}, server=None)))
    assert {row["verdict"] for row in rows} == {"unverified"}


@pytest.mark.parametrize(
    ("text", "escaped"),
    [("100%", "100%25"), ("a\nb", "a%0Ab"), ("a\r\nb", "a%0Ab"), ("a: b, c", "a: b, c"), ("::error::", "::error::")],
)
def test_github_messages_are_escaped(text: str, escaped: str) -> None:
    line = renderer("github")(Report(findings=(replace(FINDINGS[3], message=text),)))
    assert line.endswith(f"SQP001 {escaped}\n")
    assert line.count("\n") == 1


def test_github_paths_are_escaped() -> None:
    place = FINDINGS[3].place
    assert place is not None
    odd = replace(FINDINGS[3], place=replace(place, path="a,b:c.py"))
    assert "file=a%2Cb%3Ac.py," in renderer("github")(Report(findings=(odd,)))


@pytest.mark.parametrize(("severity", "command"), [("error", "error"), ("warning", "warning"), ("info", "notice")])
def test_github_commands_follow_the_severity(severity: str, command: str) -> None:
    finding = replace(FINDINGS[3], severity=Severity(severity))
    assert renderer("github")(Report(findings=(finding,))).startswith(f"::{command} file=")
