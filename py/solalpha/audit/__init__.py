"""Checks that try to break a good result: replay of cut data, placebo markets."""
