"""Data sets become suites: a mapping file says which columns are what. No code a set."""
