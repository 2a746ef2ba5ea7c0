"""Helpers of a file that pass a parameter on to a sink: their calls are sinks, too."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlport.hosts.python.match import Match
from sqlport.hosts.python.sinks import Sink, Sinks
from sqlport.hosts.python.targets import dotted
from sqlport.hosts.python.values import Function
from sqlport.model import Dialect, Finding


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A helper and the sinks that its calls are; `finding` is said of it when nobody in the file calls it."""

    name: str
    sinks: tuple[Sink, ...]
    finding: Finding | None


def wrapper(
    function: Function, parameter: str, found: Match, dialect: Dialect, finding: Finding | None
) -> Wrapper | None:
    """The helper whose `parameter` reaches the sink; None when it is no plain parameter."""
    node = function.node
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    keyword_only = [argument.arg for argument in node.args.kwonlyargs]
    decorators = {dotted(decorator) for decorator in node.decorator_list}
    if function.owner is not None and "staticmethod" not in decorators:
        names = names[1:]
    if parameter not in names and parameter not in keyword_only:
        return None
    position = names.index(parameter) if parameter in names else -1
    sink = Sink(
        library=found.sink.library,
        dialect=dialect,
        argument=position,
        keywords=(parameter,),
        many=found.sink.many,
        script=found.sink.script,
    )
    sink = _with_parameters(sink, node, names, found)
    if function.owner is None:
        return Wrapper(node.name, (replace(sink, functions=(node.name,)),), finding)
    methods = (node.name,)
    own = replace(sink, methods=methods, types=(function.owner.node.name,))
    # Objects whose class is not known: only by the method's name, so the text has to look like SQL.
    others = replace(sink, methods=methods, receiver=re.compile(""), checked=True, silent=True)
    return Wrapper(node.name, (own, others), finding)


def _with_parameters(
    sink: Sink, node: ast.FunctionDef | ast.AsyncFunctionDef, names: Sequence[str], found: Match
) -> Sink:
    """The sink that knows where the helper's caller gives the parameters, if they are passed on as they are."""
    none = replace(sink, parameters=-1)
    if found.parameters is None or len(found.parameters) != 1:
        return none
    passed = found.parameters[0]
    if isinstance(passed, ast.Starred):
        passed = passed.value
    if not isinstance(passed, ast.Name):
        return none
    if passed.id in names:
        return replace(sink, parameters=names.index(passed.id), parameter_keywords=(passed.id,))
    if node.args.vararg is not None and node.args.vararg.arg == passed.id:
        return replace(sink, parameters=len(names), spread=True)
    return none


def sinks_with(wrappers: Sequence[Wrapper], sinks: Sinks) -> Sinks:
    """Only the wrappers as sinks, with what is known of types."""
    by_method: dict[str, list[Sink]] = {}
    by_function: dict[str, list[Sink]] = {}
    for one in wrappers:
        for sink in one.sinks:
            for method in sink.methods:
                by_method.setdefault(method, []).append(sink)
            for function in sink.functions:
                by_function.setdefault(function, []).append(sink)
    return replace(sinks, by_method=_frozen(by_method), by_function=_frozen(by_function))


def _frozen(index: Mapping[str, Sequence[Sink]]) -> dict[str, tuple[Sink, ...]]:
    # The sinks of known types come before those that go by the name alone.
    return {key: tuple(sorted(found, key=lambda sink: sink.receiver is not None)) for key, found in index.items()}
