"""`python -m sqlport` is `sqlport`."""

from sqlport.cli import main

main()
