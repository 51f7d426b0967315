"""The command line: one file per command group; it only parses, calls and prints."""
