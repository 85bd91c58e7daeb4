"""Logarithmic axes, which stay finite for any number, and quantities in words of three digits."""

import math
from collections.abc import Iterable
from typing import NamedTuple, Self

_LEAST, _MOST = 1e-30, 1e30
"""Beyond these a number is placed like these: powers of ten, and ratios of two of them, are then finite."""


class LogAxis(NamedTuple):
    """A logarithmic axis. low, high: values at its ends, positive. start, end: places of these, in picture units."""

    low: float
    high: float
    start: float
    end: float

    @classmethod
    def spanning(cls, values: Iterable[float], start: float, end: float, decades: float = 9) -> Self:
        """The axis that holds `values` and a little more, or as many decades as it may have around their median."""
        logs = sorted(math.log10(_within(value)) for value in values)
        if not logs:
            return cls(1.0, 10.0, start, end)
        low, high, middle = logs[0], logs[-1], logs[len(logs) // 2]
        if high - low > decades:
            low, high = max(low, middle - decades / 2), min(high, middle + decades / 2)
        more = max(0.05 * (high - low), 0.2)
        return cls(10.0 ** (low - more), 10.0 ** (high + more), start, end)

    def place(self, value: float) -> float:
        """Where a value lies; the nearer end for one beyond, which `holds` tells. Units of the picture, to a tenth."""
        low, high = math.log(self.low), math.log(self.high)
        share = (math.log(_within(value)) - low) / (high - low)
        return round(self.start + (self.end - self.start) * min(max(share, 0.0), 1.0), 1)

    def holds(self, value: float) -> bool:
        """Whether a value is neither beyond the one end nor the other."""
        return self.low <= value <= self.high

    def ticks(self, most: int) -> list[float]:
        """At most `most` round values on the axis: in equal steps below a factor of four, else 1, 2, 5 or decades."""
        if self.high / self.low < 4:
            return self._even(most)
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        for every in range(1, last - first + 2):
            for steps in ((1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)) if every == 1 else ((1,),):
                decades = range(-(-first // every) * every, last + 1, every)
                found = [float(f"{step}e{decade}") for decade in decades for step in steps]
                if len(found := [value for value in found if self.holds(value)]) <= most:
                    return found
        return []

    def _even(self, most: int) -> list[float]:
        unit = 10.0 ** math.floor(math.log10((self.high - self.low) / most))
        for step in (unit, 2 * unit, 5 * unit, 10 * unit, 20 * unit):
            first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
            if last - first < most:
                return [float(f"{number * step:.9g}") for number in range(first, last + 1)]
        return []


def _within(value: float) -> float:
    return min(max(value, _LEAST), _MOST)


def figure(value: float) -> str:
    """Three digits: `0.987`, `12.3`, `1,230`; a power of ten only where nothing else is short."""
    if value == 0 or not 1e-4 <= abs(value) < 1e7:
        return f"{value:.3g}"
    digits = max(0, 2 - math.floor(math.log10(float(f"{abs(value):.3g}"))))
    return f"{float(f'{value:.3g}'):,.{digits}f}"


def ratio(value: float) -> str:
    """Three decimals for what is near 1, so that columns of ratios can be compared: `0.987`, `12.3`, `1.04e6`."""
    if 0.01 <= value < 10:
        return f"{value:.3f}"
    if 1e-3 <= value < 1e5:
        return figure(value)
    digits, _, power = f"{value:.2e}".partition("e")
    return f"{float(digits):g}e{int(power)}"


def duration(nanoseconds: float) -> str:
    """`840 ns`, `12.3 µs`, `4.10 ms`, `1.20 s`."""
    return _scaled(nanoseconds, (("ns", 1.0), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)))


def amount(size: float) -> str:
    """Bytes in decimal units: `24 B`, `80.0 kB`, `240 MB`."""
    return _scaled(size, (("B", 1.0), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12)))


def brief(words: str) -> str:
    """A quantity as an axis says it: `10.0 kB` as `10 kB`."""
    number, unit = words.split(" ")
    return f"{number.rstrip('0').rstrip('.') if '.' in number else number} {unit}"


def _scaled(value: float, units: tuple[tuple[str, float], ...]) -> str:
    rounded = float(f"{value:.3g}")
    name, unit = units[0]
    for name, unit in reversed(units):  # noqa: B007 - the last unit that is tried serves what is smaller, too
        if rounded >= unit:
            break
    shown = figure(value / unit)
    return f"{shown.rstrip('0').rstrip('.') if unit == 1.0 and '.' in shown else shown} {name}"
