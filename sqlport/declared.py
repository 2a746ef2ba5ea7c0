"""SQP008: the types that a program declares, against those that PostgreSQL gave in its verdict."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlport.model import Effect, Finding, Severity, Span

if TYPE_CHECKING:
    from sqlport.judging import Judgement
    from sqlport.model import Ported
    from sqlport.placing import Placer


def mismatches(one: Ported, judgement: Judgement, placer: Placer) -> Iterator[Finding]:
    """The findings for one statement; none where PostgreSQL did not confirm it."""
    statement = one.statement
    verdict = judgement.verdicts.get(statement.id)
    if verdict is None or verdict.kind != "verified" or not (statement.reads or statement.passes):
        return
    from sqlport.verify.host_types import wrong_passings, wrong_readings

    wrong = wrong_readings(statement.sql, statement.reads, verdict)
    found = [(_written(statement.sql, label), said) for _, label, said in wrong]
    found += [(Span(0, len(statement.sql)), said) for _, said in wrong_passings(statement.passes, verdict)]
    for span, said in found:
        yield Finding(
            code="SQP008",
            name="declared-type",
            effect=Effect.REJECTED,
            severity=Severity.ERROR,
            message=said,
            span=span,
            place=placer.of_statement(statement, span),
            statement_id=statement.id,
        )


def _written(sql: str, label: str) -> Span:
    """Where a column's label stands in the statement, else the whole of it."""
    found = re.search(rf"(?<![\w]){re.escape(label)}(?![\w])", sql)
    return Span(found.start(), found.end()) if found else Span(0, len(sql))
