"""Raw tables: what came from outside, kept exactly, with the time it was knowable."""
