"""Optimization rounds: outputs and timings before and after one change, and the proof that no bit moved."""
