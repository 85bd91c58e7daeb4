"""RaptorQ seals: repair symbols and hashes beside a file or a directory, which detect damage and mend it."""
