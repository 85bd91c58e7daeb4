"""parity: numerical conformance and benchmarks of array kernels, with proof that lasts."""

__version__ = "0.1.0"
