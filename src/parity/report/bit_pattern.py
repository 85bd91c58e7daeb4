"""A bit pattern as the number that it stands for, for the eye; the bits stay the evidence.

Works from the hexadecimal text of a verdict with the standard library alone, so that a report can be rendered where
there is no NumPy.
"""

import math
import struct

from parity.documents.elements import COMPONENT, ELEMENTS
from parity.documents.verdict import Verdict

_FLOAT = {"e": ("e", 5), "f": ("f", 9), "d": ("d", 17)}
"""struct's letter, and the digits that always suffice to read the same number back."""


def number(bits: str, char: str) -> str | None:
    """The number of a bit pattern, most significant digit first (a comma between the parts of a complex one).

    A float has the fewest digits that read back as the same bits. None where the text is no pattern of this element
    type, because the result had another type or is an exception.
    """
    if char in COMPONENT:
        parts = [number(part, COMPONENT[char]) for part in bits.split(",")]
        if len(parts) != 2 or None in parts:
            return None
        real, imaginary = str(parts[0]), str(parts[1])
        return f"{real}{'' if imaginary[0] in '+-' else '+'}{imaginary}j"
    element = ELEMENTS[char]
    try:
        raw = bytes.fromhex(bits)
    except ValueError:
        return None
    if len(raw) != element.size:
        return None
    if element.kind == "f":
        return _shortest(raw, *_FLOAT[char])
    value = int.from_bytes(raw, "big", signed=element.kind == "i")
    return str(bool(value)) if element.kind == "b" else str(value)


def _shortest(raw: bytes, letter: str, digits: int) -> str:
    value = struct.unpack(f">{letter}", raw)[0]
    if math.isnan(value):
        return "-nan" if raw[0] & 0x80 else "nan"
    for precision in range(1, digits + 1):
        text = f"{value:.{precision}g}"
        try:
            if struct.pack(f">{letter}", float(text)) == raw:
                break
        except OverflowError:  # rounded up beyond the largest number of the type
            continue
    return text if not text.lstrip("-").isdigit() else f"{text}.0"


def shown(verdict: Verdict, bits: str | None) -> str:
    """The bits and, where the loop says what they are, the number: `3ff0000000000000 = 1.0`."""
    if bits is None:
        return "(not shown)"
    outputs = verdict.loop.partition("->")[2]
    value = number(bits, outputs[verdict.result]) if verdict.result < len(outputs) else None
    return bits if value is None else f"{bits} = {value}"


def place(verdict: Verdict) -> str:
    """Where the first element at fault lies: `result 1 [3, 0]`, empty where there is none."""
    which = f"result {verdict.result} " if verdict.result else ""
    return "" if verdict.index is None else f"{which}[{', '.join(map(str, verdict.index))}]"


def ulps(value: float | None) -> str:
    """E with three digits at most; `-` where there is no distance."""
    if value is None:
        return "-"
    return f"{value:.3g}".replace("e+0", "e").replace("e+", "e")
