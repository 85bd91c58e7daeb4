"""Pools: named runs of elements from which all arguments are taken.

A pool's name is `<char>.<recipe>`. It depends on the seed and its name alone, so a selection of cases never changes
the elements of another. Patterns do not come twice in `general` and `second` (as far as the type has enough), and an
8-bit pool is one permutation of all 256 values: no two lanes within 250 hold the same element.
"""

import struct
from collections.abc import Callable, Iterable
from functools import cache
from random import Random

from parity.cases import arrangements, mixtures, samples
from parity.cases.values import Patterns
from parity.documents.elements import COMPONENT, ELEMENTS

Recipe = Callable[[str, Random], Patterns]


def build_pools(seed: str, names: Iterable[str] | None = None) -> dict[str, bytes]:
    """The pools of these names, None: of all that have one, as little-endian bytes."""
    return {name: build_pool(seed, name) for name in (pool_names() if names is None else names)}


@cache
def build_pool(seed: str, name: str) -> bytes:
    """The little-endian bytes of one pool."""
    char, _, recipe = name.partition(".")
    random = Random(f"{seed}/{name}")
    if recipe.startswith("within."):
        low, high = recipe.removeprefix("within.").split("..")
        return _packed(char, samples.within(char, float(low), float(high), random))
    return _packed(char, RECIPES[recipe](char, random))


def pool_names() -> tuple[str, ...]:
    """Every recipe for every element type, without the intervals, which the catalogue's rows name."""
    return tuple(f"{char}.{recipe}" for recipe in RECIPES for char in ELEMENTS)


def within(low: float, high: float) -> str:
    """The recipe that samples an interval."""
    return f"within.{low:g}..{high:g}"


def _packed(char: str, patterns: Patterns) -> bytes:
    element = ELEMENTS[char]
    size = ELEMENTS[COMPONENT.get(char, char)].size
    mask = (1 << 8 * size) - 1
    letter = {1: "B", 2: "H", 4: "I", 8: "Q"}[size]
    data = struct.pack(f"<{len(patterns)}{letter}", *[pattern & mask for pattern in patterns])
    assert len(data) % element.size == 0
    return data


RECIPES: dict[str, Recipe] = {
    "general": mixtures.general,
    "second": mixtures.second,
    "second_nonzero": mixtures.second_nonzero,
    "tame": samples.tame,
    "moderate": samples.moderate,
    "second_moderate": samples.moderate,
    "gentle": samples.gentle,
    "second_gentle": samples.gentle,
    "positive": samples.positive,
    "wide": samples.wide,
    "factors": samples.factors,
    "huge": samples.huge,
    "minute": samples.minute,
    "offset": samples.offset,
    "tenths": samples.tenths,
    "small": samples.small,
    "dyadic": samples.dyadic,
    "powers": samples.powers,
    "counts": samples.counts,
    "exponents": samples.exponents,
    "nonzero": samples.nonzero,
    "left": arrangements.left,
    "right": arrangements.right,
    "left_one_zero": arrangements.left_one_zero,
    "right_one_zero": arrangements.right_one_zero,
    "left_of_other_sign": arrangements.left_of_other_sign,
    "right_of_other_sign": arrangements.right_of_other_sign,
    "right_counts": arrangements.right_counts,
    "right_exponents": arrangements.right_exponents,
    "classes": arrangements.classes,
    "second_classes": arrangements.classes,
    "units": arrangements.units,
    "ties": arrangements.ties,
    "nan": arrangements.nan,
    "infinity": arrangements.infinity,
    "sparse": arrangements.sparse,
    "dense": arrangements.dense,
}
