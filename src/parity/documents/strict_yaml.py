"""YAML 1.2 that can mean one thing only, read event by event; every value knows its line.

What YAML offers beyond mappings, lists and plain values is refused: anchors and aliases (304 bytes of them become
28 MB), merge keys, tags, directives, several documents, duplicate keys, dates, NaN and infinities, and the numbers that
YAML 1.1 and 1.2 read differently (010, 1_000, 0x1f). ruamel.yaml scans and parses; its constructor is not used, because
only the events show all of this with their lines.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml import events as yaml
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from parity.errors import ManifestError

MAX_BYTES = 256_000
MAX_NODES = 10_000
MAX_DEPTH = 32
MAX_KEY = 200
MAX_QUOTED = 160
MAX_DIGITS = 30
"""More digits than any number of a manifest has; Python refuses to convert above 4,300, with an error of its own."""
MAX_INTEGER = 2**53 - 1
"""The largest integer that every reader of JSON keeps."""

Path = tuple[str | int, ...]

_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_AMBIGUOUS = re.compile(r"[-+]?(?:0[0-9]+|0[xob][0-9a-fA-F_]+|[0-9][0-9_]*_[0-9_]*(?:\.[0-9_]*)?)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class Tree(NamedTuple):
    """What was read. value: mappings, lists, strings, numbers, booleans, None. lines: of each key and item, from 1."""

    value: Any
    lines: dict[Path, int]

    def line(self, path: Path) -> int:
        """The line of a value, or of the nearest thing around it that was written."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def place(file: str, line: int | None = None, path: Path = ()) -> str:
    """Where something is, for an error: file, line, field."""
    words = [file]
    if line is not None:
        words.append(f"line {line}")
    if path:
        words.append(f"field {dotted(path)}")
    return ", ".join(words)


def dotted(path: Path) -> str:
    """`run.ops[1]`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def brief(text: str) -> str:
    """Text that may quote the file, at a length that a person reads."""
    return text if len(text) <= MAX_QUOTED else text[: MAX_QUOTED - 3] + "..."


def parse(data: bytes, file: str) -> Tree:
    """The one document in `data`. Raises ManifestError, with `file` and the line in `where`."""
    return _Reader(_decoded(data, file), file).document()


def _decoded(data: bytes, file: str) -> str:
    if len(data) > MAX_BYTES:
        raise ManifestError(
            f"the file is larger than {MAX_BYTES // 1000} kB", where=file, expected=f"at most {MAX_BYTES} bytes"
        )
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise ManifestError("the file begins with a byte order mark", where=place(file, 1), expected="UTF-8 without it")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ManifestError(
            f"byte {error.start} is not UTF-8 (0x{data[error.start]:02x})", where=place(file, line), expected="UTF-8"
        ) from None
    if found := _CONTROL.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise ManifestError(
            f"a control character (U+{ord(found[0]):04X})", where=place(file, line), expected="text without them"
        )
    return text


class _Reader:
    """One pass over the events of one text."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.lines: dict[Path, int] = {(): 1}
        self.nodes = 0
        self._last_line = 1
        self._events = self._parsed(text)

    def _parsed(self, text: str) -> Iterator[yaml.Event]:
        """The events. Whatever ruamel.yaml raises on bad text is the text's fault."""
        try:
            for event in YAML(typ="safe", pure=True).parse(text):
                self._last_line = event.start_mark.line + 1
                yield event
        except ManifestError:
            raise
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            said = " ".join(part for part in (error.context, error.problem) if part)
            line = mark.line + 1 if mark else self._last_line
            begun = error.context_mark
            hint = f"it begins in line {begun.line + 1}" if begun and begun.line + 1 < line else None
            raise self._error(f"not YAML: {said}", line, expected="YAML 1.2", hint=hint) from None
        except (YAMLError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            # Its scanner lets some errors of Python through: of "\ud800" in quotes an encoding error, for one.
            said = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise self._error(f"not YAML: {said}", self._last_line, expected="YAML 1.2") from None

    def _error(
        self, message: str, line: int, path: Path = (), *, expected: str | None = None, hint: str | None = None
    ) -> ManifestError:
        where = place(self.file, line, path)
        return ManifestError(brief(message), where=where, expected=expected, hint=brief(hint) if hint else None)

    def _refuse(self, event: yaml.Event, path: Path, message: str, expected: str, hint: str | None = None) -> NoReturn:
        raise self._error(message, event.start_mark.line + 1, path, expected=expected, hint=hint)

    def document(self) -> Tree:
        """The value of the one document."""
        value: Any = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._refuse(event, (), "the file has several documents", "one document", "split it into files")
                if event.version or event.tags:
                    self._refuse(event, (), "a directive (a line that begins with %)", "YAML 1.2 without directives")
                value = self._node(next(self._events), ())
        if not documents:
            raise self._error("the file is empty", 1, expected="a mapping")
        return Tree(value, self.lines)

    def _node(self, event: yaml.Event, path: Path) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self._refuse(event, path, "the file has too many values", f"at most {MAX_NODES}")
        if len(path) > MAX_DEPTH:
            self._refuse(event, path[:4], "the file is nested too deeply", f"at most {MAX_DEPTH} levels")
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, path, f"an alias (*{event.anchor})", "the value itself", "write it out again")
        if not isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)):
            raise TypeError(f"no value begins with {type(event).__name__}")  # the grammar of YAML forbids it
        if event.anchor is not None:
            self._refuse(event, path, f"an anchor (&{event.anchor})", "no anchors and aliases", "write values out")
        if event.tag is not None:
            self._refuse(event, path, f"a tag ({event.tag})", "values without tags", "quote it if it begins with !")
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, path)
        return self._sequence(path)

    def _sequence(self, path: Path) -> list[Any]:
        items: list[Any] = []
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            place_of_item = (*path, len(items))
            self.lines[place_of_item] = event.start_mark.line + 1
            items.append(self._node(event, place_of_item))
        return items

    def _mapping(self, path: Path) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event, path)
            here = (*path, key)
            if key in fields:
                self._refuse(
                    event, here, f"the key {key!r} comes twice", "each key once", f"it came in line {self.lines[here]}"
                )
            self.lines[here] = event.start_mark.line + 1
            fields[key] = self._node(next(self._events), here)
        return fields

    def _key(self, event: yaml.Event, path: Path) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            what = "an alias" if isinstance(event, yaml.AliasEvent) else "a list or a mapping"
            self._refuse(event, path, f"{what} as a key", "names as keys")
        if event.value == "<<" and event.implicit[0]:
            self._refuse(event, path, "a merge key (<<)", "the fields themselves", "write them out")
        key = self._node(event, path)
        if not isinstance(key, str):
            self._refuse(event, path, f"a key that is no string: {event.value}", "names as keys", "quote it")
        if len(key) > MAX_KEY:
            self._refuse(event, path, f"a key of {len(key)} characters", f"at most {MAX_KEY}")
        return key

    def _scalar(self, event: yaml.ScalarEvent, path: Path) -> Any:
        text: str = event.value
        if found := _CONTROL.search(text):  # by an escape such as "\0"
            self._refuse(event, path, f"a control character (U+{ord(found[0]):04X})", "text without them")
        if not event.implicit[0]:  # in quotes or a block
            return text
        if text in _NULL:
            return None
        if text in _BOOLEANS:
            return _BOOLEANS[text]
        if _AMBIGUOUS.fullmatch(text):
            self._refuse(
                event,
                path,
                f"{text} is another number in other versions of YAML",
                "decimal digits alone",
                "or quote it",
            )
        if _INTEGER.fullmatch(text) or _FLOAT.fullmatch(text):
            return self._number(event, path)
        if _NOT_FINITE.fullmatch(text):
            self._refuse(event, path, f"{text} is no number that can be compared", "a finite number")
        if _DATE.fullmatch(text):
            self._refuse(event, path, f"{text} is a date in YAML", "a string", f'quote it: "{text}"')
        return text

    def _number(self, event: yaml.ScalarEvent, path: Path) -> int | float:
        text: str = event.value
        if len(text) > MAX_DIGITS:
            self._refuse(event, path, f"a number of {len(text)} digits", f"at most {MAX_DIGITS}", "or quote it")
        if _INTEGER.fullmatch(text):
            if abs(int(text)) > MAX_INTEGER:
                self._refuse(
                    event, path, f"{text} is beyond 2^53", "an integer that JSON can hold", f'or quote it: "{text}"'
                )
            return int(text)
        value = float(text)
        if value in (float("inf"), float("-inf")):
            self._refuse(event, path, f"{text} is beyond the largest number", "a number that a float64 can hold")
        return value
