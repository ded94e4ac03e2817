"""Analyses: pure, one module per method; they ask for counts and never see an engine, a database or a file."""
