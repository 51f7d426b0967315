"""Sentiment of headlines: scorers, the cache of their scores, and their evaluation.

The only room that opens torch or transformers. A headline's text is its title
alone: bodies are missing for most sources, and a score must mean the same for all.
"""
