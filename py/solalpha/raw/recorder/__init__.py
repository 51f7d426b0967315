"""Record a stream: raw frames into a journal first, rows of raw tables from it."""
