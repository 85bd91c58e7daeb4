"""The ledger: one record for each run, appended to a chain that shows every torn, flipped or missing line."""
