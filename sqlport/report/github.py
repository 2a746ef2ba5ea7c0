"""Annotations that GitHub shows beside the lines of a pull request.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message
"""

from __future__ import annotations

from sqlport.model import Finding, Severity
from sqlport.report.paint import printable
from sqlport.results import Report

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(report: Report, *, color: bool = False) -> str:
    """One workflow command for every finding that is left; paths relative to the working directory."""
    return "".join(_command(finding) + "\n" for finding in report.left)


def _command(finding: Finding) -> str:
    properties = []
    place = finding.place
    if place is not None:
        properties = [("file", place.path), ("line", str(place.line)), ("endLine", str(place.end_line))]
        if place.line == place.end_line:  # GitHub refuses columns of a range over several lines
            properties += [("col", str(place.column)), ("endColumn", str(max(place.column, place.end_column - 1)))]
    properties.append(("title", f"sqlport ({finding.code} {finding.name})"))
    head = ",".join(f"{key}={_property(value)}" for key, value in properties)
    where = f"{place.path}:{place.line}:{place.column}: " if place else ""
    message = "\n".join(printable(line) for line in finding.message.splitlines())
    return f"::{_COMMANDS[finding.severity]} {head}::{_data(f'{where}{finding.code} {message}')}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
