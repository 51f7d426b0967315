"""A seeded market simulator whose planted edge is known, for the raw tables."""

from solalpha.raw.sample.marker import SampleSummary
from solalpha.raw.sample.write import write_sample

__all__ = ["SampleSummary", "write_sample"]
