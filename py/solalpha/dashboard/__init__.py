"""The live page: what the operator asks first, read-only, on this machine only."""
