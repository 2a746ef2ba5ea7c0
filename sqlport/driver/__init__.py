"""The calls around the SQL: from sqlite3 and aiosqlite to the target's driver, all of a project or nothing.

`plan` looks at all files of a run and says which calls change how, which statements speak the target's driver
then, and which module comes new. Codemods are rules like all others: codes DRVnnn, a page each.
"""
