"""Broken kernels that a suite must catch. Each is one row: what is broken, and in which class it must show."""

from . import calls, complexes, floats, integers, lanes, reductions
from .breaking import Mutant, Namespace

MUTANTS: tuple[Mutant, ...] = (
    *lanes.MUTANTS,
    *floats.MUTANTS,
    *integers.MUTANTS,
    *complexes.MUTANTS,
    *calls.MUTANTS,
    *reductions.MUTANTS,
)

__all__ = ["MUTANTS", "Mutant", "Namespace"]
