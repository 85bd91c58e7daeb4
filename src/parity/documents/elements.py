"""Element types by NumPy's characters, independent of any NumPy: width, kind, name, the letters users write."""

from typing import Literal, NamedTuple, get_args

from parity.errors import UsageError

Char = Literal["?", "b", "B", "h", "H", "i", "I", "l", "L", "e", "f", "d", "F", "D"]


class Element(NamedTuple):
    """An element type.

    char: NumPy's character; `l` and `L` are the 64-bit integers, as on 64-bit Linux and macOS.
    kind: `b` bool, `i` signed, `u` unsigned, `f` float, `c` complex. size: bytes. name: NumPy's name.
    """

    char: Char
    kind: Literal["b", "i", "u", "f", "c"]
    size: int
    name: str

    @property
    def code(self) -> str:
        """The little-endian type string of the array interface protocol, such as `<f8` or `|b1`."""
        return f"{'|' if self.size == 1 else '<'}{self.kind}{self.size}"

    @property
    def short(self) -> str:
        """The name that `--dtypes` takes, such as `f8`."""
        return f"{self.kind}{self.size}"


ELEMENTS: dict[str, Element] = {
    element.char: element
    for element in (
        Element("?", "b", 1, "bool"),
        Element("b", "i", 1, "int8"),
        Element("B", "u", 1, "uint8"),
        Element("h", "i", 2, "int16"),
        Element("H", "u", 2, "uint16"),
        Element("i", "i", 4, "int32"),
        Element("I", "u", 4, "uint32"),
        Element("l", "i", 8, "int64"),
        Element("L", "u", 8, "uint64"),
        Element("e", "f", 2, "float16"),
        Element("f", "f", 4, "float32"),
        Element("d", "f", 8, "float64"),
        Element("F", "c", 8, "complex64"),
        Element("D", "c", 16, "complex128"),
    )
}
assert tuple(ELEMENTS) == get_args(Char)

BY_CODE: dict[str, Element] = {element.code: element for element in ELEMENTS.values()}


class FloatFormat(NamedTuple):
    """A binary floating-point format of IEEE 754: precision in bits, exponents of the normal numbers."""

    precision: int
    e_min: int
    e_max: int


FLOAT_FORMATS: dict[str, FloatFormat] = {
    "e": FloatFormat(11, -14, 15),
    "f": FloatFormat(24, -126, 127),
    "d": FloatFormat(53, -1022, 1023),
}

COMPONENT: dict[str, str] = {"F": "f", "D": "d"}
"""Complex character → the character of its real and imaginary part."""


def parse_dtypes(text: str, where: str) -> tuple[str, ...]:
    """Characters for a comma-separated list of `f4`, `float32`, ... Raises UsageError that names what is unknown."""
    known = {name: element.char for element in ELEMENTS.values() for name in (element.short, element.name)}
    known |= {"?": "?", "bool": "?", "b1": "?"}
    chars = []
    for word in filter(None, (part.strip() for part in text.split(","))):
        if word not in known:
            raise UsageError(
                f"unknown dtype {word!r}",
                where=where,
                expected="some of " + ", ".join(element.short for element in ELEMENTS.values()),
            )
        chars.append(known[word])
    if not chars:
        raise UsageError("no dtype is named", where=where, expected="a comma-separated list such as f4,f8")
    return tuple(dict.fromkeys(chars))
