"""The oracle: recording what NumPy answered, keeping it, and a pure-Python answer by exact arithmetic."""
