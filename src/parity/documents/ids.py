"""Ids as types: a text or bytes that is no valid id never gets past this module.

TraceId and SpanId are those of W3C Trace Context (level 1, 3.2.2): 16 and 8 bytes, lowercase hexadecimal in text, all
zeros invalid. A RunId is a UUIDv7 (RFC 9562, 5.7): 48 bits of Unix milliseconds come first, so ids order by time.
"""

import functools
import re
import secrets
from typing import Any, ClassVar, Self

import uuid_utils
from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

from parity.errors import DocumentError


@functools.total_ordering
class _Id:
    """`size` bytes, not all zero; ordered by them. Raises DocumentError for anything else."""

    size: ClassVar[int]
    __slots__ = ("_bytes",)

    def __init__(self, value: bytes) -> None:
        name = type(self).__name__
        if len(value) != self.size:
            raise DocumentError(f"{len(value)} bytes are no {name}", expected=f"{self.size} bytes")
        if not any(value):
            raise DocumentError(f"a {name} of zeros alone is invalid", expected="at least one bit that is set")
        self._bytes = bytes(value)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The id in lowercase hexadecimal text."""
        if not re.fullmatch(rf"[0-9a-f]{{{2 * cls.size}}}", text):
            raise DocumentError(
                f"{text[:80]!r} is no {cls.__name__}", expected=f"{2 * cls.size} lowercase hexadecimal digits"
            )
        return cls(bytes.fromhex(text))

    @classmethod
    def new(cls) -> Self:
        """A random one."""
        while not any(value := secrets.token_bytes(cls.size)):
            pass
        return cls(value)

    @property
    def text(self) -> str:
        """Lowercase hexadecimal."""
        return self._bytes.hex()

    def __bytes__(self) -> bytes:
        return self._bytes

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"{type(self).__name__}.parse({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return self._bytes == other._bytes if type(other) is type(self) else NotImplemented

    def __lt__(self, other: Self) -> bool:
        return self._bytes < other._bytes if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), self._bytes))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """An instance in Python; text in JSON."""
        del source, handler
        text = core_schema.no_info_after_validator_function(
            cls._validated, core_schema.str_schema(pattern=rf"^[0-9a-f]{{{2 * cls.size}}}$", strict=True)
        )
        return core_schema.json_or_python_schema(
            json_schema=text,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), text]),
            serialization=core_schema.plain_serializer_function_ser_schema(str, when_used="json"),
        )

    @classmethod
    def _validated(cls, text: str) -> Self:
        try:
            return cls.parse(text)
        except DocumentError as error:
            raise ValueError(error.message) from None


class TraceId(_Id):
    """16 bytes that all spans of one run share."""

    size = 16
    __slots__ = ()


class SpanId(_Id):
    """8 bytes, one for each span."""

    size = 8
    __slots__ = ()


class RunId(_Id):
    """16 bytes, a UUIDv7: version 7 and the variant of RFC 9562 are demanded."""

    size = 16
    __slots__ = ()

    def __init__(self, value: bytes) -> None:
        super().__init__(value)
        if value[6] >> 4 != 7 or value[8] >> 6 != 0b10:
            raise DocumentError(f"{value.hex()} is no RunId", expected="a UUIDv7 (RFC 9562, 5.7)")

    @classmethod
    def new(cls) -> Self:
        """The id of a run that begins now."""
        return cls(uuid_utils.uuid7().bytes)

    @property
    def trace_id(self) -> TraceId:
        """The root trace of the run: the same 16 bytes."""
        return TraceId(self._bytes)

    @property
    def unix_millis(self) -> int:
        """When the id was made, in milliseconds since 1970."""
        return int.from_bytes(self._bytes[:6])
