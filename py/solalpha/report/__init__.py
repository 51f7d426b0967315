"""The report: one HTML file that needs nothing else, readable on a phone."""
