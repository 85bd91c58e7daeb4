"""The words of others inside Markdown, so that they cannot make markup, break a table or a line."""

from parity.report.headline import printable

_ESCAPES = str.maketrans({char: f"\\{char}" for char in "\\`*_{}[]<>#|"})


def escaped(text: str) -> str:
    """As text."""
    return printable(text).translate(_ESCAPES)


def code(text: str) -> str:
    """Inside a code span of a table: neither a backtick nor a bar can be there."""
    return printable(text).replace("`", "'").replace("|", "\\|")
