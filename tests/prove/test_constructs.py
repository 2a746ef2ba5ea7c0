"""The proven differences: a proof finds those that show in one statement, and agrees with the ports that are right."""

from __future__ import annotations

from collections import Counter

import pytest

from sqlport.engines.server import Server
from tests.prove.known import Known, known

OUTSIDE = {
    # The fix names its condition (`unsafe`), and the rows of a proof are chosen to break it.
    "type-neg-text": "the text holds a number",
    "type-sum-text": "the text holds a number",
    "type-text-plus-int": "the text holds a number",
    "concat-mul-precedence": "the text holds a number",
    "dml-update-text-to-int": "the text holds a number",
    "json-extract-number": "the value is a JSON string",
    "json-extract-text": "the value is a JSON string",
    "json-extract-textcol": "the value is a JSON string",
    "json-arrow-compare-int": "the value is a JSON number",
    "json-each-exists": "every document has an array there",
    "agg-bare-order": "the group has one value",
    "ins-or-replace-nocols": "no NULL is given for a column with a default",
    "cat-table-info-notnull": "SQLite allows NULL in a key of text, PostgreSQL does not",
    "type-numeric-affinity-text": "a driver returns a NUMERIC as Decimal",
}
"""Ports that do differ on some rows, and what has to hold for them to be right."""

HIDDEN = {
    **dict.fromkeys(["param-at", "param-at-silent", "param-colon", "param-dollar-name"], "spelling of parameters"),
    **dict.fromkeys(["implicit-order-distinct", "implicit-order-group"], "the order that no ORDER BY promises"),
    **dict.fromkeys(["fn-upper-unicode", "compare-locale-range"], "another locale of the server"),
    **dict.fromkeys(["param-limit-neg", "param-text-bad-to-int-col", "param-text-insert-int-col"], "an odd parameter"),
    **dict.fromkeys(["param-nan", "null-byte-param"], "a parameter that PostgreSQL cannot hold"),
    "case-fold-quoted-ddl": "a label in lower case is told beside the proof",
    "json-select-column": "a json document as a value comes back as its text",
}
"""Differences that no proof of one statement shows, and in what they show."""


@pytest.fixture(scope="module")
def cases(server: Server) -> list[Known]:
    return list(known(server))


def test_what_is_the_same_on_both_engines_raises_no_alarm(cases: list[Known]) -> None:
    controls = [case for case in cases if case.case.rule == "SAME"]
    assert len(controls) > 170
    assert [(each.case.id, each.port.reason) for each in controls if each.port.kind == "differs"] == []
    assert sum(each.port.kind == "same" for each in controls) > 130


def test_a_port_with_nothing_left_to_say_differs_only_outside_its_condition(cases: list[Known]) -> None:
    settled = [case for case in cases if case.case.rule != "SAME" and case.settled]
    alarms = {each.case.id: each.port.reason for each in settled if each.port.kind == "differs"}
    assert {name: reason for name, reason in alarms.items() if name not in OUTSIDE} == {}
    assert sum(each.port.kind == "same" for each in settled) > 340


def test_without_the_rules_every_difference_is_found_that_one_statement_shows(cases: list[Known]) -> None:
    differing = [case for case in cases if case.case.rule != "SAME"]
    found = Counter("differs" in (each.raw.kind, each.native.kind) for each in differing)
    assert found[True] > 400
    missed = {
        each.case.id
        for each in differing
        if "same" in (each.raw.kind, each.native.kind) and "differs" not in (each.raw.kind, each.native.kind)
    }
    assert missed - HIDDEN.keys() == set()


def test_what_cannot_be_compared_has_a_reason(cases: list[Known]) -> None:
    proofs = [proof for each in cases for proof in (each.raw, each.native, each.port) if proof.kind == "unproven"]
    assert all(proof.reason for proof in proofs)
    words = Counter(proof.reason.partition(":")[0] for proof in proofs)
    assert words["vacuous"] <= 20, words
