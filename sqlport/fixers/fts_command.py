"""VTB003: commands to a full text index, `INSERT INTO ft(ft) VALUES ('optimize')`."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal


def find(context: Context) -> Iterator[Proposal]:
    """Every INSERT into the column that has the table's own name."""
    for insert in context.parsed.nodes(exp.Insert):
        target = insert.this
        if not isinstance(target, exp.Schema) or not isinstance(target.this, exp.Table):
            continue
        name = target.this.name
        table = context.catalog.table(name)
        if table is not None and table.kind != "virtual":
            continue
        if any(item.name.lower() == name.lower() for item in target.expressions):
            yield Proposal(context.parsed.span(target))
