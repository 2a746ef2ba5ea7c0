"""SARIF: the shape that the standard asks for, and places that agree with the text."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import sarif_pydantic

from sqlport.report.frame import Lines
from sqlport.report.sarif import render
from sqlport.results import Report
from tests.report.sample import DB, FINDINGS, REPORT


def log(report: Report = REPORT) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(render(report))
    return content


def test_the_log_is_read_back_by_the_library_and_has_what_the_standard_requires() -> None:
    sarif_pydantic.Sarif.model_validate_json(render(REPORT))
    content = log()
    assert content["version"] == "2.1.0"
    assert content["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = content["runs"]
    assert run["tool"]["driver"]["name"] == "sqlport"
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["invocations"] == [{"executionSuccessful": True}]
    assert all(result["message"]["text"] for result in run["results"])


def test_every_result_points_to_its_rule() -> None:
    (run,) = log()["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


def test_the_regions_of_fixes_are_the_replaced_text() -> None:
    (run,) = log()["runs"]
    fixed = [result for result in run["results"] if result["ruleId"] == "FNC001"]
    replacement = fixed[0]["fixes"][0]["artifactChanges"][0]["replacements"][0]
    region, lines = replacement["deletedRegion"], Lines.of(DB)
    start = lines.offset(region["startLine"], region["startColumn"])
    end = lines.offset(region["endLine"], region["endColumn"])
    assert (DB[start:end], replacement["insertedContent"]["text"]) == ("ifnull", "coalesce")


def test_a_fix_in_a_file_that_is_not_known_is_left_out_whole() -> None:
    (run,) = log(replace(REPORT, sources={}))["runs"]
    assert not any("fixes" in result for result in run["results"])


def test_paths_are_uris() -> None:
    place = FINDINGS[0].place
    assert place is not None
    findings = tuple(replace(FINDINGS[0], place=replace(place, path=path)) for path in ("a b/ü.py", "/abs/x.py"))
    (run,) = log(Report(findings=findings))["runs"]
    uris = [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in run["results"]]
    assert uris == [{"uri": "a%20b/%C3%BC.py", "uriBaseId": "%SRCROOT%"}, {"uri": "file:///abs/x.py"}]


def test_problems_make_the_run_unsuccessful() -> None:
    (run,) = log(Report(problems=("a.py: cannot be read",)))["runs"]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "a.py: cannot be read"


def test_the_page_of_a_rule_is_its_help() -> None:
    page = "## What it does\n\nFinds ifnull.\n\n## Why\n\nBecause.\n"
    (run,) = log(replace(REPORT, pages={"FNC001": page}))["runs"]
    (rule,) = [rule for rule in run["tool"]["driver"]["rules"] if rule["id"] == "FNC001"]
    assert rule["fullDescription"]["text"] == "Finds ifnull."
    assert rule["help"]["markdown"] == page
