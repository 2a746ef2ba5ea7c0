"""What an expression is: its kind, whether it may be NULL, whether a condition or a value is wanted of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from sqlport.model import Target
from sqlport.semantics import kinds
from sqlport.semantics.kinds import Kind
from sqlport.semantics.scopes import Resolved, Scopes, Source, tables_named

if TYPE_CHECKING:
    from sqlport.catalog import Catalog, Column, Table
    from sqlport.sql import Parsed

__all__ = ["Kind", "Resolved", "Semantics", "Source", "tables_named"]

_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod)
_BITWISE = (
    exp.BitwiseAnd,
    exp.BitwiseOr,
    exp.BitwiseNot,
    exp.BitwiseLeftShift,
    exp.BitwiseRightShift,
)
_STRICT = frozenset("lower upper length trim ltrim rtrim abs replace substr substring instr hex round".split())
_LOGICAL = (exp.And, exp.Or, exp.Not, exp.Where, exp.Having)


class Semantics:
    """Answers about the expressions of one statement, from its tree and the catalog."""

    def __init__(self, parsed: Parsed, catalog: Catalog, target: Target) -> None:
        self._parsed = parsed
        self._catalog = catalog
        self._target = target
        self._kinds: dict[int, Kind] = {}
        self._asked: set[tuple[int, str]] = set()
        self._views: dict[str, Semantics] = {}
        self.scopes = Scopes(parsed, catalog)

    def column(self, node: exp.Expr) -> Column | None:
        """The table column that a node names; None for other expressions and where it is not known."""
        if not isinstance(node, exp.Column):
            return None
        resolved = self.scopes.resolve(node)
        return resolved.column if resolved is not None else None

    def table(self, node: exp.Column) -> Table | None:
        """The table whose column a node names."""
        resolved = self.scopes.resolve(node)
        return resolved.source.table if resolved is not None and resolved.source is not None else None

    def is_column(self, node: exp.Column) -> bool | None:
        """Whether the name is a column (or result label) in sight; None where a table is not known."""
        if self.scopes.resolve(node) is not None:
            return True
        query = self.scopes.query_of(node)
        while query is not None:
            if any(not source.known for source in self.scopes.sources(query)):
                return None
            query = self.scopes.enclosing(query)
        return False

    def kind(self, node: exp.Expr) -> Kind:
        """The kind of value that PostgreSQL gives for the node (`any` where it is not known)."""
        found = self._kinds.get(id(node))
        if found is None:
            self._kinds[id(node)] = "any"  # a name that stands for itself ends here
            found = self._kinds[id(node)] = self._kind(node)
        return found

    def _kind(self, node: exp.Expr) -> Kind:
        if isinstance(node, exp.Literal):
            return "text" if node.is_string else ("integer" if node.is_int else "real")
        if isinstance(node, exp.Null):
            return "null"
        if isinstance(node, exp.Column):
            return self._column_kind(node)
        if isinstance(node, exp.Paren | exp.Neg | exp.Window | exp.Filter | exp.Distinct | exp.Collate | exp.Order):
            inner = node.expressions[0] if isinstance(node, exp.Distinct) and node.expressions else node.this
            return self.kind(inner) if isinstance(inner, exp.Expr) else "any"
        if kinds.is_condition_form(node):
            return "boolean"
        if isinstance(node, exp.DPipe):
            return "text"
        if isinstance(node, exp.HexString):
            return "blob"
        if isinstance(node, _BITWISE):
            return "integer"
        if isinstance(node, _ARITHMETIC):
            return self._arithmetic(node)
        if isinstance(node, exp.Cast):
            return self._cast_kind(node)
        if isinstance(node, exp.Case):
            return kinds.unified(self.kind(branch) for branch in _branches(node))
        if isinstance(node, exp.Subquery | exp.Select | exp.SetOperation):
            return next((self.result_kind(item) for _, item in self.scopes.projections(node)), "any")
        if isinstance(node, exp.Anonymous):
            return self._call_kind(node)
        if isinstance(node, exp.CurrentTimestamp | exp.CurrentDate | exp.CurrentTime):
            return "time"
        return "any"

    def _column_kind(self, node: exp.Column) -> Kind:
        from sqlport.catalog.types import column_type

        resolved = self.scopes.resolve(node)
        if resolved is None:
            return "any"
        if resolved.column is not None:
            table = resolved.source.table if resolved.source is not None else None
            if table is not None and table.kind == "view" and not resolved.column.declared_type:
                return self._view_kind(table, resolved.column.name)
            return kinds.of_type(column_type(resolved.column, table.name if table else "", self._target))
        if resolved.expression is None:
            return "any"
        return self.kind(resolved.expression) if resolved.source is None else self.result_kind(resolved.expression)

    def _view_kind(self, view: Table, column: str) -> Kind:
        """What a view computes for a column (SQLite declares a type only for those that it passes on)."""
        found = self.view(view)
        query = found.definition
        outputs = found.scopes.projections(query) if query is not None else ()
        return next((found.result_kind(item) for label, item in outputs if label == column.lower()), "any")

    def view(self, view: Table) -> Semantics:
        """The answers about the statement that makes a view."""
        from sqlport.sql import read

        if view.name not in self._views:
            self._views[view.name] = Semantics(read(view.sql), self._catalog, self._target)
        return self._views[view.name]

    @property
    def definition(self) -> exp.Expr | None:
        """The query of a CREATE VIEW or CREATE TABLE AS."""
        tree = self._parsed.tree
        found = tree.args.get("expression") if isinstance(tree, exp.Create) else None
        return found if isinstance(found, exp.Expr) else None

    def result_kind(self, node: exp.Expr) -> Kind:
        """The kind of an output column: a condition is given out as 1 or 0, a boolean column as it is."""
        kind = self.kind(node)
        return "integer" if kind == "boolean" and not isinstance(node, exp.Column) else kind

    def _arithmetic(self, node: exp.Expr) -> Kind:
        both = [self.kind(node.this), self.kind(node.expression)]
        if "real" in both:
            return "real"
        if "numeric" in both:
            return "numeric"
        return "integer" if all(kind in ("integer", "boolean") for kind in both) else "any"

    def _cast_kind(self, node: exp.Cast) -> Kind:
        from sqlport.catalog.types import cast_type

        if not self._parsed.has_span(node):  # a hole stands for what is cast
            return "any"
        name = self._parsed.cast_type(node).of(self._parsed.text)
        if not self._parsed.is_sqlite_cast(node):
            return kinds.of_type(name)
        return kinds.of_type(cast_type(name, self._target))

    def _call_kind(self, node: exp.Anonymous) -> Kind:
        name = str(node.this)
        fixed = kinds.of_call(name)
        if fixed is not None:
            return fixed
        if not kinds.follows_arguments(name) or not node.expressions:
            return "any"
        arguments = node.expressions[1:] if name == "iif" else node.expressions
        if name in ("round", "ceil", "ceiling", "floor", "trunc", "nullif", "lag", "lead", "nth_value", "likelihood"):
            arguments = arguments[:1]
        found = kinds.unified(self.kind(argument) for argument in arguments)
        if found == "boolean" and kinds.wants_number(name):
            return "integer"
        return "real" if name == "round" and found == "integer" else found

    def nullable(self, node: exp.Expr) -> bool:
        """Whether the node may be NULL (True where it is not known)."""
        if isinstance(node, exp.Literal | exp.HexString | exp.Boolean | exp.Exists | exp.Is):
            return False
        if isinstance(node, exp.NullSafeEQ | exp.NullSafeNEQ | exp.CurrentTimestamp):
            return False
        if isinstance(node, exp.Column):
            return self._nullable_column(node)
        if isinstance(node, exp.Anonymous):
            if kinds.never_null(str(node.this)):
                return False
            if node.this in ("coalesce", "ifnull"):
                return all(self.nullable(argument) for argument in node.expressions)
            if node.this in _STRICT:
                return any(self.nullable(argument) for argument in node.expressions)
            return True
        if isinstance(node, exp.Window):
            return self.nullable(node.this)
        if isinstance(node, exp.Case):
            return node.args.get("default") is None or any(self.nullable(branch) for branch in _branches(node))
        if isinstance(node, exp.Div | exp.Mod):
            divisor = node.expression
            plain = isinstance(divisor, exp.Literal) and str(divisor.this).strip("0._") != ""
            return not plain or self.nullable(node.this)
        if isinstance(node, exp.Paren | exp.Not | exp.Neg | exp.Collate | exp.Cast):
            return self.nullable(node.this)
        if isinstance(node, exp.Binary) and not isinstance(node, exp.JSONExtract | exp.JSONExtractScalar):
            return self.nullable(node.this) or self.nullable(node.expression)
        return True

    def _nullable_column(self, node: exp.Column) -> bool:
        resolved = self.scopes.resolve(node)
        if resolved is None:
            return True
        if resolved.column is not None:
            optional = resolved.source is not None and resolved.source.optional
            # PostgreSQL keeps NULL out of every primary key, so there is none in the ported table.
            return optional or not (resolved.column.never_null or resolved.column.primary_key)
        if resolved.source is None or resolved.source.query is None:
            return resolved.expression is None or self.nullable(resolved.expression)
        return resolved.source.optional or self._nullable_output(resolved.source, node.name.lower())

    def _nullable_output(self, source: Source, label: str) -> bool:
        """Whether a column of a derived table may be NULL in one of its arms (a recursive one asks for itself)."""
        assert source.query is not None
        key = (id(source.query), label)
        if key in self._asked:
            return False
        self._asked.add(key)
        try:
            arms = list(self.scopes.outputs(source.query, label, source.labels))
            return not arms or any(self.nullable(arm) for arm in arms)
        finally:
            self._asked.discard(key)

    def wants_condition(self, node: exp.Expr) -> bool:
        """Whether a condition is wanted where the node stands (WHERE, AND, CASE WHEN, ...), not a value."""
        parent = node.parent
        while isinstance(parent, exp.Paren):
            node, parent = parent, parent.parent
        if isinstance(parent, _LOGICAL):
            return True
        if isinstance(parent, exp.Join):
            return parent.args.get("on") is node
        if isinstance(parent, exp.If):
            case = parent.parent
            return parent.this is node and (not isinstance(case, exp.Case) or case.this is None)
        if isinstance(parent, exp.CheckColumnConstraint):
            return True
        return isinstance(parent, exp.Anonymous) and parent.this in ("iif", "if") and _is_iif_condition(parent, node)


def _is_iif_condition(call: exp.Anonymous, node: exp.Expr) -> bool:
    """Whether the node is one of the conditions of `iif(condition, value, ..., otherwise)`."""
    arguments = call.expressions
    return any(argument is node for argument in arguments[: len(arguments) // 2 * 2 : 2])


def _branches(case: exp.Case) -> list[exp.Expr]:
    branches = [branch.args["true"] for branch in case.args["ifs"]]
    default = case.args.get("default")
    return [*branches, default] if default is not None else branches
