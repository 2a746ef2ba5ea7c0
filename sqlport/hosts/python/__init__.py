"""Python as a host: finds the SQL in a file and writes edits of it back into the literals.

The way of the data (no imports run in a circle):

- a file to its tree: `source` (with `literals`, the map of each string token; `repair` for files that are not valid)
- what is in it: `index` (calls that may run SQL, by the sinks of `sinks`), `slices` (what of a function matters),
  `comments` and `markers` (what is said to sqlport)
- values: `values` (text with the place of each character), `scopes`, and the operations on them: `strings`,
  `templates`, `paths`
- expressions to values: `interpreter` is the heart, `texts`, `collected`, `calls`, `library` and `evaluate` know what
  each kind means; `budget` says how far it goes
- statements to scopes: `flow` (with `loops`, `updates`, `truth`, `branches`), and `inline` for functions that are
  called
- calls to SQL: `match` (is it a sink?), `helpers` (functions that pass a parameter on are sinks, too), `extractor`
  (one file), `modules` (imports), `project` (all files, in rounds until no new helper is found)
- what is known is kept: a class's attributes until more is learned of one (`Changes`), what a function of another
  module returns for good (`Budget.lasting`), a file's outline and what its methods keep in objects through all rounds
- text to statements: `alternatives`, `holes`, `dialects`, `statements`, and `unresolved` for what is not known
- back: `splice` puts edits into literals by `encode`, and `codemod` lets libcst confirm them
"""

from __future__ import annotations

from sqlport.hosts.python.project import Project, extract
from sqlport.hosts.python.splice import apply, apply_around, map_edits

__all__ = ["Project", "apply", "apply_around", "extract", "map_edits"]
