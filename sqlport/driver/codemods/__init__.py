"""One small module for each kind of change: `find(module)` yields the places and, where it is sure, the edits."""
