"""The heart of the string interpreter: which value an expression has, within limits; nothing is ever run.

What each kind of expression means stands in the modules above this one (`texts`, `collected`, `calls`, `evaluate`),
which `evaluate.interpreter` puts together. All of them, and those that follow statements, ask `Evaluator.value`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Mapping
from typing import Any

from sqlport.hosts.python.budget import Budget
from sqlport.hosts.python.names import dotted, shortened
from sqlport.hosts.python.scopes import Scope
from sqlport.hosts.python.sinks import Sinks
from sqlport.hosts.python.source import Source
from sqlport.hosts.python.types import of_expression
from sqlport.hosts.python.values import (
    Parameter,
    Ref,
    Str,
    Unknown,
    Value,
)
from sqlport.model import HoleKind

MAX_DEPTH = 60
"""Nested calls and attributes that are followed; deeper ones are unknown."""

Resolve = Callable[[Ref], "Value | None"]
Script = Callable[[str], "Str | None"]
Handler = Callable[["Evaluator", Any, Scope], Value]


def no_script(_path: str) -> Str | None:
    """Where no other files can be read."""
    return None


_FSTRING_POSITIONS = sys.version_info >= (3, 12)


class Evaluator:
    """Values of the expressions of one file, by the `handlers` of their kinds.

    `resolve` looks up what is imported from other modules of the project, `script` the text of an `.sql` file.
    `depth` counts expressions inside expressions; in an f-string's field (`inside_field`) nothing has a place.
    `lasting` where the file is followed but once, so that what its functions return never changes.
    """

    def __init__(
        self,
        source: Source,
        sinks: Sinks,
        handlers: Mapping[type, Handler],
        resolve: Resolve,
        budget: Budget | None = None,
        script: Script = no_script,
    ) -> None:
        self.source = source
        self.sinks = sinks
        self.resolve = resolve
        self.script = script
        self.depth = 0
        self.inside_field = 0
        self.lasting = False
        self.budget = budget or Budget()
        self.lambdas: dict[int, ast.FunctionDef] = {}
        self._handlers = handlers

    def value(self, node: ast.expr, scope: Scope) -> Value:
        """What the expression can be, given the names of `scope`."""
        handler = self._handlers.get(type(node))
        if not self.depth:
            self.budget.begin()
        self.budget.steps -= 1
        if handler is None:
            return self.unknown(node)
        if self.depth > MAX_DEPTH or self.budget.steps < 0:
            self.budget.cuts += 1
            return self.unknown(node, "it is nested too deeply")
        self.depth += 1
        try:
            return handler(self, node, scope)
        finally:
            self.depth -= 1

    def unknown(
        self, node: ast.expr, reason: str = "", kind: HoleKind | None = None, parameter: Parameter | None = None
    ) -> Unknown:
        """The value of an expression that is not followed."""
        return Unknown(self.segment(node), reason or _why(node), kind, parameter, of_expression(node))

    def segment(self, node: ast.expr) -> str:
        """The source of an expression on one line."""
        if isinstance(node, ast.Name):
            return node.id
        if self.inside_field and not _FSTRING_POSITIONS:
            shown = ast.unparse(node)
        else:
            shown = self.source.span(node).of(self.source.text)
        return shortened(shown)

    def imported(self, value: Value) -> Value:
        """What an imported name stands for, where it comes from a module of the project."""
        if isinstance(value, Ref) and not value.name.startswith("builtins."):
            found = self.resolve(value)
            return value if found is None else found
        return value


def _why(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return f"built by `{dotted(node.func) or '...'}()`, which is not followed"
    return f"a {type(node).__name__} is not followed"
