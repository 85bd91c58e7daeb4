"""The catalogue: every operation, declared once. Pure data and its row checks; imports neither NumPy nor Numba."""
