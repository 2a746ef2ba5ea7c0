"""Expressions to values: a bounded interpreter that never runs the code it reads."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Sequence

from sqlport.hosts.python import strings, templates
from sqlport.hosts.python.branches import engines
from sqlport.hosts.python.calls import Calls
from sqlport.hosts.python.inline import Budget, Given, inline
from sqlport.hosts.python.library import elements
from sqlport.hosts.python.literals import Token
from sqlport.hosts.python.lookups import named, table_item
from sqlport.hosts.python.names import dotted, shortened
from sqlport.hosts.python.paths import divided
from sqlport.hosts.python.scopes import Scope, parameter_names
from sqlport.hosts.python.sinks import Sinks
from sqlport.hosts.python.source import Source
from sqlport.hosts.python.targets import assign
from sqlport.hosts.python.types import of_expression
from sqlport.hosts.python.values import (
    MAX_EACH,
    Chars,
    Class,
    Const,
    File,
    Function,
    Instance,
    Items,
    Method,
    Object,
    Option,
    Parameter,
    Ref,
    Str,
    Table,
    Template,
    Unknown,
    Value,
    choose,
    concat,
    lift,
    options,
    text,
)
from sqlport.model import HoleKind, Literal

MAX_DEPTH = 60
"""Nested calls and attributes that are followed; deeper ones are unknown."""

Resolve = Callable[[Ref], "Value | None"]
Script = Callable[[str], "Str | None"]


def no_script(_path: str) -> Str | None:
    """Where no other files can be read."""
    return None


_FSTRING_POSITIONS = sys.version_info >= (3, 12)


class Evaluator:
    """Values of the expressions of one file.

    `resolve` looks up what is imported from other modules of the project, `script` the text of an `.sql` file.
    """

    def __init__(
        self, source: Source, sinks: Sinks, resolve: Resolve, budget: Budget | None = None, script: Script = no_script
    ) -> None:
        self.source = source
        self.sinks = sinks
        self.resolve = resolve
        self.script = script
        self.depth = 0
        self.inside_field = 0
        self.budget = budget or Budget()
        self.calls = Calls(self)
        self.lambdas: dict[int, ast.FunctionDef] = {}
        self._nodes: dict[type, Callable[..., Value]] = {
            ast.Constant: self._constant,
            ast.JoinedStr: self._formatted,
            ast.BinOp: self._operation,
            ast.Name: self._name,
            ast.Attribute: self._attribute,
            ast.Subscript: self._subscript,
            ast.Call: self.calls.value,
            ast.IfExp: self._conditional,
            ast.BoolOp: self._boolean,
            ast.List: self._items,
            ast.Tuple: self._items,
            ast.Set: self._items,
            ast.Dict: self._table,
            ast.ListComp: self._comprehension,
            ast.GeneratorExp: self._comprehension,
            ast.SetComp: self._comprehension,
            ast.Await: self._inner,
            ast.NamedExpr: self._walrus,
            ast.Starred: self._spread,
            ast.Lambda: self._lambda,
            ast.UnaryOp: self._unary,
        }
        template = getattr(ast, "TemplateStr", None)  # t-strings, Python 3.14
        if template is not None:
            self._nodes[template] = self._formatted

    def value(self, node: ast.expr, scope: Scope) -> Value:
        """What the expression can be, given the names of `scope`."""
        handler = self._nodes.get(type(node))
        if handler is None or self.depth > MAX_DEPTH:
            return self.unknown(node, "" if handler is None else "it is nested too deeply")
        if not self.depth:
            self.budget.begin()
        self.depth += 1
        try:
            return handler(node, scope)
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

    # -- strings

    def _constant(self, node: ast.Constant, _: Scope) -> Value:
        if not isinstance(node.value, str):
            return Const(None if node.value is ... else node.value)
        tokens = None if self.inside_field else self.source.string(node)
        if tokens is None:
            return text(node.value)
        return Str(tuple(piece for token in tokens for piece in self._fragment(token, 0)))

    def _fragment(self, token: Token, index: int) -> tuple[Chars, ...]:
        chars = token.fragments[index].text
        if not chars:
            return ()
        return (Chars(chars, Literal(self.source.file.path, token.start, token.end, "python", index)),)

    def _formatted(self, node: ast.JoinedStr, scope: Scope) -> Value:
        fields = [value for value in node.values if not isinstance(value, ast.Constant)]
        tokens = None if self.inside_field else self.source.string(node)
        if tokens is None:
            return self._formatted_unplaced(node, scope)
        operands: list[tuple[Value, str]] = []
        remaining = iter(fields)
        for token in tokens:
            template = "t" in token.prefix
            for index in range(len(token.fragments)):
                operands.append((Str(self._fragment(token, index)), ""))
                if index == len(token.fragments) - 1:
                    break
                field = token.fields[index]
                inner = next(remaining)
                if field.debug:
                    operands.append((text(field.debug), ""))
                if template:
                    value: Value = Unknown(field.source, "a t-string's value", HoleKind.VALUE)
                elif field.formatted or field.debug:
                    value = Unknown(field.source, "a formatted value")
                else:
                    value = self._field(inner, scope) if isinstance(inner, ast.FormattedValue) else self.unknown(inner)
                operands.append((value, shortened(field.source)))
        return concat(operands)

    def _formatted_unplaced(self, node: ast.JoinedStr, scope: Scope) -> Value:
        """An f-string inside an f-string's field: what it says is known, but not where it is written."""
        operands: list[tuple[Value, str]] = []
        for part in node.values:
            if isinstance(part, ast.Constant):
                operands.append((text(str(part.value)), ""))
            elif isinstance(part, ast.FormattedValue) and part.conversion in (-1, 115) and not part.format_spec:
                operands.append((self._field(part, scope), shortened(ast.unparse(part.value))))
            else:
                operands.append((Unknown(shortened(ast.unparse(part)), "a formatted value"), ""))
        return concat(operands)

    def _field(self, node: ast.FormattedValue, scope: Scope) -> Value:
        # Older Pythons give wrong positions inside fields; for all of them what is written there has no origin.
        self.inside_field += 1
        try:
            return self.value(node.value, scope)
        finally:
            self.inside_field -= 1

    # -- operators

    def _operation(self, node: ast.BinOp, scope: Scope) -> Value:
        if isinstance(node.op, ast.Add):
            return self._sum(node, scope)
        if isinstance(node.op, ast.Mod):
            left = self.value(node.left, scope)
            if any(isinstance(option.value, Str) for option in options(left)):
                return self._percent(left, node.right, scope)
            if isinstance(left, Unknown):
                return self.unknown(node, left.reason, parameter=left.derived)
        if isinstance(node.op, ast.Div):
            path = divided(self.value(node.left, scope), self.value(node.right, scope))
            return self.unknown(node) if path is None else path
        if isinstance(node.op, ast.Mult):
            left, right = self.value(node.left, scope), self.value(node.right, scope)
            return lift(lambda a, b: self._times(a, b, node), left, right, source=self.segment(node))
        return self.unknown(node)

    def _sum(self, node: ast.BinOp, scope: Scope) -> Value:
        terms: list[ast.expr] = []
        rest: ast.expr = node
        while isinstance(rest, ast.BinOp) and isinstance(rest.op, ast.Add):  # a loop: chains are long
            terms.append(rest.right)
            rest = rest.left
        terms.append(rest)
        terms.reverse()
        return self.add([(self.value(term, scope), self.segment(term)) for term in terms], self.segment(node))

    def add(self, operands: Sequence[tuple[Value, str]], source: str) -> Value:
        """`a + b + ...` of strings or of lists."""
        values = [value for value, _ in operands]
        if any(isinstance(option.value, Items) for value in values for option in options(value)):
            return lift(lambda *single: _add_items(single, source), *values, source=source)
        if not any(isinstance(option.value, Str) for value in values for option in options(value)):
            kinds = {value.kind for value in values if isinstance(value, Unknown)}
            made_of = (value.derived for value in values if isinstance(value, Unknown))
            parameter = next((found for found in made_of if found is not None), None)
            return Unknown(source, _reason_of(values), kinds.pop() if len(kinds) == 1 else None, parameter)
        return concat(operands)

    def _percent(self, left: Value, right: ast.expr, scope: Scope) -> Value:
        argument = self.value(right, scope)
        source = self.segment(right)
        shown = [self.segment(item) for item in right.elts] if isinstance(right, ast.Tuple) else []
        if any(isinstance(item, ast.Starred) for item in getattr(right, "elts", ())):
            shown = []

        def fill(template: Value, value: Value) -> Value:
            if not isinstance(template, Str):
                return Unknown(source, "a % operation")
            return templates.percent(template, value, source, shown)

        if isinstance(argument, Items) and shown:
            argument = Items(tuple(map(named, argument.values, shown)), argument.open)
        return lift(fill, left, argument, source=source)

    def _times(self, left: Value, right: Value, node: ast.BinOp) -> Value:
        if isinstance(left, Const) and isinstance(right, (Str, Items)):
            left, right = right, left
        count = right.value if isinstance(right, Const) and isinstance(right.value, int) else None
        if isinstance(left, Str):
            if count is not None:
                return strings.repeat(left, count)
            kind = HoleKind.PLACEHOLDERS if strings.is_placeholder(left) else None
            return self.unknown(node, "a repetition", kind)
        if isinstance(left, Items):
            if count is not None and len(left.values) * max(count, 0) <= MAX_EACH:
                return Items(left.values * count, left.open)
            return Items(left.values, open=True)
        return self.unknown(node)

    def _conditional(self, node: ast.IfExp, scope: Scope) -> Value:
        branch = id(node)
        arms = ((branch, 0), (branch, 1))
        self.budget.engines.update((arm, found) for arm, found in zip(arms, engines(node.test), strict=True) if found)
        return choose(
            (
                Option(self.value(node.body, scope), ((branch, 0),)),
                Option(self.value(node.orelse, scope), ((branch, 1),)),
            ),
            self.segment(node),
        )

    def _boolean(self, node: ast.BoolOp, scope: Scope) -> Value:
        values = [self.value(part, scope) for part in node.values]
        if isinstance(node.op, ast.And):
            return values[-1]
        useful = [value for value in values if not (isinstance(value, Const) and not value.value)]
        if useful and isinstance(useful[0], (Instance, Object)):
            return useful[0]
        return choose((Option(value, ((id(node), index),)) for index, value in enumerate(useful)), self.segment(node))

    # -- names

    def _name(self, node: ast.Name, scope: Scope) -> Value:
        value = scope.get(node.id)
        if value is None:
            return self._from_everything(node.id, scope) or Ref(f"builtins.{node.id}")
        value = self.imported(value)
        if isinstance(value, Unknown):
            return Unknown(node.id, value.reason, value.kind, value.parameter, value.type)
        return value

    def _from_everything(self, name: str, scope: Scope) -> Value | None:
        """What `from module import *` gives under the name, the last import first."""
        modules = scope.get("*")
        for module in reversed(modules.values) if isinstance(modules, Items) else ():
            found = self.resolve(module.member(name)) if isinstance(module, Ref) else None
            if found is not None:
                return found
        return None

    def imported(self, value: Value) -> Value:
        """What an imported name stands for, where it comes from a module of the project."""
        if isinstance(value, Ref) and not value.name.startswith("builtins."):
            found = self.resolve(value)
            return value if found is None else found
        return value

    def _attribute(self, node: ast.Attribute, scope: Scope) -> Value:
        key = dotted(node)
        known = scope.get(key) if key is not None else None
        if known is not None:
            return self.imported(known)
        base = self.value(node.value, scope)
        return lift(lambda single: self._attribute_of(single, node), base, source=self.segment(node))

    def _attribute_of(self, base: Value, node: ast.Attribute) -> Value:
        if isinstance(base, Ref):
            return self.imported(Ref(f"{base.name}.{node.attr}", base.level))
        if isinstance(base, (Object, Class)):
            members = base.info.members() if isinstance(base, Object) and node.attr == "value" else None
            if members:
                return choose(
                    (Option(value, ((id(node), at),)) for at, value in enumerate(members)), self.segment(node)
                )
            return self._member(base, node)
        if isinstance(base, (Unknown, Method)) and node.attr in self.sinks.by_method:
            return Method(base, self.segment(node.value), node.attr)
        if isinstance(base, Template) and node.attr == "template":
            return base.text
        if isinstance(base, Str) and node.attr == "value":  # a member of an enum
            return base
        if isinstance(base, Instance):
            return Method(base, self.segment(node.value), node.attr)
        if isinstance(base, File):
            return File(()) if node.attr == "parent" else self.unknown(node)
        reason = base.reason if isinstance(base, Unknown) else ""
        return self.unknown(node, reason)

    def _member(self, base: Object | Class, node: ast.Attribute) -> Value:
        found = base.info.lookup(node.attr, instance=isinstance(base, Object))
        if isinstance(found, Function):
            if is_property(found.node):
                return inline(self, found, Given((), {}, base), self.segment(node))
            return Method(base, self.segment(node.value), node.attr)
        if found is None:
            return Method(base, self.segment(node.value), node.attr)
        return self.imported(found)

    def _subscript(self, node: ast.Subscript, scope: Scope) -> Value:
        base = self.value(node.value, scope)
        if isinstance(node.slice, ast.Slice):
            bounds = [self._bound(part, scope) for part in (node.slice.lower, node.slice.upper)]
            if node.slice.step is not None or any(isinstance(bound, Unknown) for bound in bounds):
                return self.unknown(node)
            return lift(lambda single: self._slice(single, bounds, node), base, source=self.segment(node))
        key = self.value(node.slice, scope)
        return lift(lambda a, b: self._item(a, b, node), base, key, source=self.segment(node))

    def _bound(self, node: ast.expr | None, scope: Scope) -> int | Unknown | None:
        if node is None:
            return None
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            inner = self._bound(node.operand, scope)
            return -inner if isinstance(inner, int) else Unknown("")
        value = self.value(node, scope)
        return value.value if isinstance(value, Const) and isinstance(value.value, int) else Unknown("")

    def _slice(self, base: Value, bounds: Sequence[int | Unknown | None], node: ast.Subscript) -> Value:
        start, end = (bound if isinstance(bound, int) else None for bound in bounds)
        if isinstance(base, Str):
            return strings.slice_of(base, start, end)
        if isinstance(base, Items) and not base.open:
            return Items(base.values[start:end])
        if isinstance(base, Unknown) and base.kind is HoleKind.PLACEHOLDERS:
            return self.unknown(node, base.reason, base.kind)
        if isinstance(base, Unknown):
            return self.unknown(node, base.reason, parameter=base.derived)
        return self.unknown(node)

    def _item(self, base: Value, key: Value, node: ast.Subscript) -> Value:
        if isinstance(base, Table):
            return table_item(base, key, self.segment(node), id(node))
        if isinstance(base, Items) and isinstance(key, Const) and isinstance(key.value, int):
            if not base.open and -len(base.values) <= key.value < len(base.values):
                return base.values[key.value]
        if isinstance(base, Class) and isinstance(key, Str):  # Enum["NAME"]
            found = base.info.lookup(strings.flat(key), instance=False)
            if found is not None:
                return found
        if isinstance(base, Unknown):
            return self.unknown(node, base.reason, parameter=base.derived)
        return self.unknown(node)

    # -- collections

    def _items(self, node: ast.List | ast.Tuple | ast.Set, scope: Scope) -> Value:
        if len(node.elts) > 4 * MAX_EACH:
            return Items((), open=True)
        values: list[Value] = []
        is_open = False
        for element in node.elts:
            if isinstance(element, ast.Starred):
                inner = self.value(element.value, scope)
                if isinstance(inner, Items):
                    values.extend(inner.values)
                    is_open = is_open or inner.open
                else:
                    values.append(self.unknown(element.value))
                    is_open = True
            else:
                values.append(self.value(element, scope))
        return Items(tuple(values), is_open)

    def _table(self, node: ast.Dict, scope: Scope) -> Value:
        pairs: dict[str | int | None, Value] = {}
        for key_node, value_node in zip(node.keys, node.values, strict=True):
            key = self.value(key_node, scope) if key_node is not None else None
            if isinstance(key, Str) and all(isinstance(piece, Chars) for piece in key.pieces):
                pairs[strings.flat(key)] = self.value(value_node, scope)
            elif isinstance(key, Const) and isinstance(key.value, int):
                pairs[key.value] = self.value(value_node, scope)
            else:
                pairs[None] = self.unknown(value_node)
        return Table(tuple(pairs.items()))

    def within(self, call: ast.Call, scope: Scope) -> Scope:
        """The scope in which a call happens that is inside comprehensions or lambdas of its statement."""
        for node in self.source.walk.around.get(id(call), ()) if self.source.walk is not None else ():
            scope = scope.child()
            if isinstance(node, ast.Lambda):
                for parameter in parameter_names(node):
                    scope.set(parameter.arg, Unknown(parameter.arg, "it is the parameter of a lambda"))
            else:
                for generator in node.generators:
                    found = elements(self.value(generator.iter, scope))
                    assign(generator.target, each_of(found, generator.iter), scope)
        return scope

    def _comprehension(self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp, scope: Scope) -> Value:
        inner = scope.child()
        first = node.generators[0]
        found = elements(self.value(first.iter, inner))
        simple = len(node.generators) == 1 and not first.ifs and isinstance(found, Items) and not found.open
        if simple and isinstance(found, Items) and len(found.values) <= MAX_EACH:
            values = []
            for element in found.values:
                assign(first.target, element, inner)
                values.append(self.value(node.elt, inner))
            return Items(tuple(values))
        for generator in node.generators:
            assign(generator.target, Unknown("", "it changes with each turn of a loop"), inner)
        return Items((self.value(node.elt, inner),), open=True)

    def _inner(self, node: ast.Await, scope: Scope) -> Value:
        return self.value(node.value, scope)

    def _walrus(self, node: ast.NamedExpr, scope: Scope) -> Value:
        value = self.value(node.value, scope)
        assign(node.target, value, scope)
        return value

    def _unary(self, node: ast.UnaryOp, scope: Scope) -> Value:
        value = self.value(node.operand, scope)
        if isinstance(node.op, ast.USub) and isinstance(value, Const) and isinstance(value.value, (int, float)):
            return Const(-value.value)
        return self.unknown(node)

    def _lambda(self, node: ast.Lambda, scope: Scope) -> Value:
        """As a function with one `return`."""
        function = self.lambdas.get(id(node))
        if function is None:
            body = ast.copy_location(ast.Return(node.body), node)
            function = ast.FunctionDef("lambda", node.args, [body], [], None)
            self.lambdas[id(node)] = ast.copy_location(function, node)
        return Function(function, scope, self)

    def _spread(self, node: ast.Starred, scope: Scope) -> Value:
        """`*args` where one argument is wanted: the first."""
        inner = self.value(node.value, scope)
        if isinstance(inner, Items) and inner.values:
            return inner.values[0]
        if isinstance(inner, Unknown):
            return Unknown(inner.source, inner.reason, inner.kind, inner.derived)
        return self.unknown(node)


def each_of(found: Value, node: ast.expr) -> Value:
    """What the target of a loop over the value `found` of `node` gets, as alternatives."""
    if isinstance(found, Items) and found.values:
        turns = (Option(value, ((id(node), turn),)) for turn, value in enumerate(found.values))
        return choose(turns, limit=MAX_EACH)
    if isinstance(found, Unknown):
        return Unknown("", found.reason or "it changes with each turn", parameter=found.derived)
    return Unknown("", "it changes with each turn")


def _add_items(values: Sequence[Value], source: str) -> Value:
    joined: list[Value] = []
    is_open = False
    for value in values:
        if isinstance(value, Items):
            joined.extend(value.values)
            is_open = is_open or value.open
        else:
            joined.append(Unknown(source, "part of a list that is not known here"))
            is_open = True
    return Items(tuple(joined), is_open)


def is_property(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether reading the attribute calls the function."""
    names = {(dotted(decorator) or "").rpartition(".")[2] for decorator in node.decorator_list}
    return bool(names & {"property", "cached_property", "classproperty"})


def _reason_of(values: Sequence[Value]) -> str:
    return next((value.reason for value in values if isinstance(value, Unknown) and value.reason), "")


def _why(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return f"built by `{dotted(node.func) or '...'}()`, which is not followed"
    return f"a {type(node).__name__} is not followed"
