"""Tables for people: statements with their ports and verdicts, and the statements that were found."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlport.model import Statement, Verdict
from sqlport.report.paint import Paint, painter, printable
from sqlport.report.summary import coverage_line, server_line
from sqlport.results import Report

_STYLES = {"verified": "green", "rejected": "bold red", "unverified": "yellow"}
_LONGEST = 400


def verdicts(report: Report, *, color: bool = False, width: int = 120) -> str:
    """Where, the ported text, and what PostgreSQL said of it; `width` in terminal columns."""
    tail = "".join(line + "\n" for line in (coverage_line(report), *server_line(report)))
    if not report.statements:
        return tail

    def said(statement: Statement) -> tuple[str, str]:
        verdict = report.verdicts.get(statement.id) or Verdict("unverified", "not asked")
        return _said(verdict), _STYLES[verdict.kind]

    return grid(report, "verdict", said, color=color, width=width) + "\n" + tail


def grid(report: Report, head: str, said: Callable[[Statement], tuple[str, str]], *, color: bool, width: int) -> str:
    """A line for each statement: its place, its port, and the text (with its style) that `said` gives for it."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", show_lines=False)
    table.add_column("where", overflow="fold", max_width=width // 3)
    table.add_column("statement", overflow="fold", ratio=1)
    table.add_column(head, overflow="fold", max_width=width // 3)
    for statement in report.statements:
        port = report.ported.get(statement.id)
        text, style = said(statement)
        table.add_row(
            Text(printable(f"{statement.path}:{statement.line}")),
            Text(flat(port.sql if port else statement.sql)),
            Text(text, style=style if color else ""),
        )
    console = Console(width=width, color_system="standard" if color else None, force_terminal=color, highlight=False)
    with console.capture() as capture:
        console.print(table)
    return "".join(line.rstrip() + "\n" for line in capture.get().splitlines())


def _said(verdict: Verdict) -> str:
    if verdict.kind == "rejected":
        return printable(f"rejected: {verdict.sqlstate} {verdict.message}".replace("  ", " "))
    detail = f" ({verdict.message})" if verdict.message else ""
    return printable(f"{verdict.kind}: {verdict.reason}{detail}" if verdict.reason else verdict.kind)


def statements(report: Report, *, color: bool = False) -> str:
    """What `extract` found: for each statement its place, sink, dialect and text."""
    paint = painter(color)
    lines = [line for statement in report.statements for line in _statement(statement, paint)]
    return "".join(line + "\n" for line in (*lines, coverage_line(report)))


def _statement(statement: Statement, paint: Paint) -> Iterator[str]:
    where = f"{printable(statement.path)}:{statement.line}:{statement.column}"
    more = [statement.sink or statement.host, statement.dialect]
    if statement.branch:
        more.append("not run on PostgreSQL")
    if statement.alternative:
        more.append(f"alternative {statement.alternative}")
    if not statement.resolved:
        more.append("unresolved")
    if (statement.sink_path, statement.sink_line) != (statement.path, statement.line) and statement.sink_path:
        more.append(f"run at {printable(statement.sink_path)}:{statement.sink_line}")
    yield f"{paint(where, 'bold')} {paint(', '.join(more), 'dim')}"
    yield f"    {flat(statement.sql)}"
    stands = statement.stand_ins or ("",) * len(statement.holes)
    for hole, shown in zip(statement.holes, stands, strict=True):
        read = f" (read with {shown} for it)" if shown not in ("", "unreadable") else ""
        yield f"    {paint(f'{{{hole.name}}}', 'magenta')} {hole.kind.value}: {printable(hole.source)[:100]}{read}"
    if "unreadable" in stands:
        yield "    no stand-in for the holes makes it a statement that can be read"


def flat(sql: str) -> str:
    """The SQL on one line, a very long one cut."""
    whole = printable(" ".join(sql[: 4 * _LONGEST].split()))
    return whole if len(whole) <= _LONGEST and len(sql) <= 4 * _LONGEST else whole[:_LONGEST] + "…"
