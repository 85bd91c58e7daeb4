"""The command line: parses, calls a pipeline, maps what went wrong to an exit code."""
