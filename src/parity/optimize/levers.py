"""Levers: what one change may touch, and what it did touch."""

import difflib
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase

from parity.documents.optimization import PROVIDER_LEVER, SourceChange, Sources
from parity.errors import UsageError, listed


def matches(lever: str, name: str) -> bool:
    """Whether a file belongs to a lever: its path, a folder above it, or a glob in which `*` also crosses folders."""
    plain = lever.removeprefix("./")
    return name == plain or name.startswith(plain.rstrip("/") + "/") or fnmatchcase(name, plain)


def check_lever(lever: str, sources: Sources) -> None:
    """Raise UsageError for a lever that names no file there is: at its end the round would refuse every change."""
    if lever == PROVIDER_LEVER or any(matches(lever, name) for name in sources.files):
        return
    close = difflib.get_close_matches(lever, sources.files, n=3, cutoff=0.5)
    raise UsageError(
        f"no source file is called {lever!r}",
        where="--lever",
        expected="a file of the checkout (or a glob of some), one of the provider's own files, or `provider`",
        hint=f"did you mean {' or '.join(close)}?"
        if close
        else "for a file yet to be written give a glob of its folder",
    )


def changes(
    before: Sources, after: Sources, lever: str, texts: Mapping[str, tuple[str, str]]
) -> tuple[SourceChange, ...]:
    """The files that are not what they were, by name.

    A swapped provider brings files of its own: those that only one of both has are then no change of a file.
    texts: of changed files the text before and after, as far as both are known.
    """
    swapped = before.provider != after.provider
    found = []
    for name in sorted({*before.files, *after.files}):
        one, two = before.files.get(name), after.files.get(name)
        if one == two or (swapped and (one is None or two is None) and name in {*before.own, *after.own}):
            continue
        kind = "added" if one is None else "removed" if two is None else "changed"
        added, removed = line_counts(*texts[name]) if name in texts else (None, None)
        within = lever != PROVIDER_LEVER and matches(lever, name)
        found.append(
            SourceChange(
                name=name,
                kind=kind,  # type: ignore[arg-type]
                before=one,
                after=two,
                within_lever=within,
                added=added,
                removed=removed,
            )
        )
    return tuple(found)


def check_changes(
    found: tuple[SourceChange, ...], before: Sources, after: Sources, lever: str, *, allow_more: bool
) -> None:
    """Raise UsageError if nothing changed, or more than the lever and nobody allowed it."""
    swapped = before.provider != after.provider
    if not found and (not swapped or _is_one_file(before, after)):
        raise UsageError(
            "nothing was changed since the round started",
            where="the source files, and --provider",
            expected=f"a change of {lever}",
        )
    if allow_more:
        return
    outside = [change.name for change in found if not change.within_lever]
    if swapped and lever != PROVIDER_LEVER:
        outside.insert(0, f"the provider ({before.provider} before, {after.provider} after)")
    if outside:
        raise UsageError(
            f"the change touches more than its lever: {listed(outside)}",
            where=f"lever {lever}",
            expected="a change of the lever alone, so that what it gains is the lever's doing",
            hint="take the rest back, or say --allow-more, which the proof then records",
        )
    if lever == PROVIDER_LEVER and not swapped:
        raise UsageError("the provider is the same", where="--provider", expected="another spec than before")


def _is_one_file(before: Sources, after: Sources) -> bool:
    """Whether both specs stand for one and the same code: a single file. Two modules of a package are two providers."""
    if len(before.own) != 1 or len(after.own) != 1:
        return False
    return before.files[before.own[0]] == after.files[after.own[0]]


def line_counts(before: str, after: str) -> tuple[int, int]:
    """Lines added and removed, as a unified diff counts them."""
    lines = list(difflib.unified_diff(_lines(before), _lines(after), n=0))[2:]
    return sum(line.startswith("+") for line in lines), sum(line.startswith("-") for line in lines)


def _lines(text: str) -> list[str]:
    """With their ends; a form feed and the like end no line for the tools that read a diff."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def diff(texts: Mapping[str, tuple[str, str]]) -> str:
    """A unified diff of all texts (before, after), by name."""
    parts = []
    for name, (before, after) in sorted(texts.items()):
        lines = difflib.unified_diff(_lines(before), _lines(after), f"a/{name}", f"b/{name}")
        parts += [line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines]
    return "".join(parts)
