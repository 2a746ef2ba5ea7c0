"""What is put into the process of a traced test suite."""
