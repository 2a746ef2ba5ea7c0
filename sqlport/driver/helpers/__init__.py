"""The module that a port puts into the user's project where psycopg differs and no edit of a line can say it.

`sync` and `asynchronous` are real modules, tested as they are; what a project does not use is left out of its copy.
"""
