"""Runs cases in isolated processes: a crash, a hang or a wrong type costs one case."""
