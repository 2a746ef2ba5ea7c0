"""What `prove` found: a table with every difference shown below it, or the same as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from sqlport.model import Difference, Proof, Statement
from sqlport.report.paint import painter, printable
from sqlport.report.summary import coverage_line, server_line
from sqlport.report.table import flat, grid
from sqlport.results import Report

_STYLES = {"same": "green", "differs": "bold red", "unproven": "yellow"}
_NONE = Proof("unproven", "not-asked")


def table(report: Report, *, color: bool = False, width: int = 120) -> str:
    """A line for each statement, then every difference with both answers and its script."""
    paint = painter(color)

    def said(statement: Statement) -> tuple[str, str]:
        proof = _proof(report, statement)
        return _said(proof), _STYLES[proof.kind]

    text = grid(report, "proof", said, color=color, width=width) + "\n" if report.statements else ""
    for statement, proof, difference in _differing(report):
        text += paint(printable(f"{statement.path}:{statement.line}: {proof.reason}"), "bold red") + "\n"
        text += "".join(f"  {line}\n" for line in _answers(report, statement, difference))
        text += "".join(f"    {line}\n" for line in difference.script.splitlines()) + "\n"
    return text + "".join(line + "\n" for line in (*summary(report), coverage_line(report), *server_line(report)))


def markdown(report: Report) -> str:
    """A page for a pull request: the counts, the differences, and what could not be proven."""
    lines = ["# Proof: the same rows on both engines", "", *(f"{line}  " for line in summary(report))]
    lines += [*(f"{printable(line)}  " for line in (coverage_line(report), *server_line(report))), ""]
    for statement, proof, difference in _differing(report):
        lines += [f"## {_cell(f'{statement.path}:{statement.line}')}", "", _cell(proof.reason), ""]
        lines += [*_fenced("text", "\n".join(_answers(report, statement, difference))), ""]
        lines += ["<details><summary>Script</summary>", "", *_fenced("sh", difference.script), "", "</details>", ""]
    rest = [(statement, _proof(report, statement)) for statement in report.statements]
    unproven = [(statement, proof) for statement, proof in rest if proof.is_open]
    if unproven:
        lines += ["## Unproven", "", "| where | statement | reason |", "|---|---|---|"]
        for statement, proof in unproven:
            where = f"{statement.path}:{statement.line}"
            lines.append(f"| {_cell(where)} | {_cell(flat(statement.sql))} | {_cell(proof.reason)} |")
    return "\n".join(lines).rstrip() + "\n"


def summary(report: Report) -> Iterator[str]:
    """How many statements are the same, differ and are unproven, and why."""
    proofs = [_proof(report, statement) for statement in report.statements]
    kinds = Counter(proof.kind for proof in proofs)
    aspects: Counter[str] = Counter(proof.difference.aspect for proof in proofs if proof.difference)
    reasons = Counter(proof.reason.partition(":")[0] for proof in proofs if proof.kind == "unproven")
    stood_in = sum(proof.kind == "same" and bool(proof.stand_ins) for proof in proofs)
    yield f"Same: {kinds['same']}" + (f", {stood_in} of them with stand-ins for holes." if stood_in else ".")
    yield f"Differ: {kinds['differs']}" + _counted(aspects)
    yield f"Unproven: {kinds['unproven']}" + _counted(reasons)


def _counted(found: Mapping[str, int]) -> str:
    ordered = sorted(found.items(), key=lambda item: -item[1])
    return f" ({', '.join(f'{count} {word}' for word, count in ordered)})." if found else "."


def _proof(report: Report, statement: Statement) -> Proof:
    return report.proofs.get(statement.id) or _NONE


def _said(proof: Proof) -> str:
    said = f"{proof.kind}: {proof.reason}" if proof.reason else proof.kind
    holes = f" (with {', '.join(proof.stand_ins)})" if proof.stand_ins else ""
    return printable(said + holes)


def _differing(report: Report) -> Iterator[tuple[Statement, Proof, Difference]]:
    for statement in report.statements:
        proof = _proof(report, statement)
        if proof.difference is not None:
            yield statement, proof, proof.difference


def _answers(report: Report, statement: Statement, difference: Difference) -> Iterator[str]:
    port = report.ported.get(statement.id)
    yield f"original: {flat(statement.sql)}"
    yield f"port:     {flat(port.sql if port else statement.sql)}"
    if difference.parameters:
        yield f"with {printable(difference.parameters)}"
    for engine, lines in (("SQLite", difference.sqlite), ("PostgreSQL", difference.postgres)):
        yield f"{engine}:"
        yield from (f"  {printable(line)}" for line in lines)


def _fenced(language: str, text: str) -> Iterator[str]:
    fence = "```"
    while fence in text:
        fence += "`"
    yield from (fence + language, *text.splitlines(), fence)


def _cell(text: str) -> str:
    """Text that a Markdown reader takes as text."""
    escaped = "".join("\\" + character if character in "\\`*_{}[]<>#|" else character for character in text)
    return printable(escaped)
