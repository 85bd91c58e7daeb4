"""What can go wrong, as one family: each error has a stable code, an exit code, says where, and what was expected."""

from collections.abc import Sequence
from enum import IntEnum

MOST_LISTED = 12


class ExitCode(IntEnum):
    """Exit codes of every command (design section 4)."""

    GOOD = 0
    BAD_VERDICT = 1
    BAD_INPUT = 2
    INCONCLUSIVE = 3
    DEFECT = 70


class ParityError(Exception):
    """Something a person can mend; shown without a traceback.

    message: what is wrong. where: the file, line, field or flag. expected: what would have been right.
    hint: what to do next.
    """

    code = "parity"
    exit_code = ExitCode.DEFECT

    def __init__(
        self, message: str, *, where: str | None = None, expected: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.message, self.where, self.expected, self.hint = message, where, expected, hint

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross process borders whole; keyword-only arguments need their own way."""
        return _restored, (type(self), self.message, self.where, self.expected, self.hint)


def _restored(
    kind: type[ParityError], message: str, where: str | None, expected: str | None, hint: str | None
) -> ParityError:
    return kind(message, where=where, expected=expected, hint=hint)


class UsageError(ParityError):
    """A command line or a field that names something that does not exist or is not allowed."""

    code = "usage"
    exit_code = ExitCode.BAD_INPUT


class ManifestError(ParityError):
    """A manifest that cannot be read as one; `where` has file, line and field."""

    code = "manifest"
    exit_code = ExitCode.BAD_INPUT


class DamagedError(ParityError):
    """A file that is not what its digest says; `where` has the file, and the case if it is known."""

    code = "damaged"
    exit_code = ExitCode.BAD_INPUT


class DocumentError(ParityError):
    """A document that does not follow its schema."""

    code = "document"
    exit_code = ExitCode.BAD_INPUT


class ProviderError(ParityError):
    """A provider that cannot be found or imported."""

    code = "provider"
    exit_code = ExitCode.BAD_INPUT


class OracleError(ParityError):
    """An oracle that cannot be recorded: no interpreter, no NumPy."""

    code = "oracle"
    exit_code = ExitCode.BAD_INPUT


class StorageError(ParityError):
    """The operating system refused a read or a write (no space, no permission)."""

    code = "storage"
    exit_code = ExitCode.BAD_INPUT


class InconclusiveError(ParityError):
    """Nothing could be compared, or the evidence does not reach."""

    code = "inconclusive"
    exit_code = ExitCode.INCONCLUSIVE


class CatalogueError(ParityError):
    """A row of the catalogue contradicts itself: a defect in parity."""

    code = "catalogue"
    exit_code = ExitCode.DEFECT


def listed(names: Sequence[str]) -> str:
    """Names for a message, as many as can be read."""
    rest = len(names) - MOST_LISTED
    return ", ".join(names[:MOST_LISTED]) + (f" and {rest} more" if rest > 0 else "")
