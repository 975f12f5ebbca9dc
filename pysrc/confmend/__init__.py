"""Finds what is wrong across kernel, PostgreSQL and PgBouncer configuration, and shows the corrected diff."""
