"""Prefect flows: thin wrappers around the steps of the job."""
