"""Reports as text: one module for each format, each `render(report, *, color) -> str`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Protocol, cast

from sqlport.results import Report


class Render(Protocol):
    """What each format's module offers."""

    def __call__(self, report: Report, *, color: bool = False) -> str:
        """The report as text that ends with a newline, or the empty string when there is nothing to say."""


_MODULES: Mapping[str, str] = {
    "full": "full",
    "concise": "concise",
    "json": "as_json",
    "sarif": "sarif",
    "github": "github",
}

FORMATS = tuple(_MODULES)
"""The formats of `check`; what `full` and `concise` write is for people."""


def renderer(name: str) -> Render:
    """The function that writes the format `name`; only its module is imported."""
    return cast("Render", import_module(f"sqlport.report.{_MODULES[name]}").render)
