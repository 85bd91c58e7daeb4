"""Levers: what a change may touch, and what it did touch."""

from contextlib import nullcontext

import pytest

from parity.documents.optimization import Sources
from parity.errors import UsageError
from parity.optimize.levers import changes, check_changes, check_lever, diff, line_counts, matches

A, B, C = "a" * 64, "b" * 64, "c" * 64
FILE = "kernels/parity_kernels/folds.py"


def sources(files: dict[str, str], provider: str = "numba", own: tuple[str, ...] = ()) -> Sources:
    return Sources(provider=provider, git_head=None, git_dirty=None, files=files, own=own)


BEFORE = sources({FILE: A, "kernels/parity_kernels/axes.py": A, "benchmarks/sentinel.toml": A})


@pytest.mark.parametrize(
    ("lever", "name", "belongs"),
    [
        (FILE, FILE, True),
        (f"./{FILE}", FILE, True),
        ("kernels/parity_kernels", FILE, True),
        ("kernels/parity_kernels/", FILE, True),
        ("kernels/*", FILE, True),
        ("*folds.py", FILE, True),
        ("kernels/parity", FILE, False),
        ("folds.py", FILE, False),
        ("kernels/parity_kernels/fold?.py", FILE, True),
    ],
)
def test_a_lever_is_a_file_a_folder_or_a_glob(lever: str, name: str, belongs: bool) -> None:
    assert matches(lever, name) is belongs


def test_a_lever_that_names_nothing_is_refused_at_once_with_its_neighbour() -> None:
    with pytest.raises(UsageError, match="no source file") as caught:
        check_lever("kernels/parity_kernels/fold.py", BEFORE)
    assert FILE in str(caught.value.hint)
    check_lever("provider", BEFORE)
    check_lever(FILE, BEFORE)


def test_a_change_of_the_lever_alone_passes() -> None:
    after = sources(BEFORE.files | {FILE: B})
    found = changes(BEFORE, after, FILE, {FILE: ("a\nb\n", "a\nc\nd\n")})
    assert [(each.name, each.kind, each.within_lever, each.added, each.removed) for each in found] == [
        (FILE, "changed", True, 2, 1)
    ]
    check_changes(found, BEFORE, after, FILE, allow_more=False)


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        (BEFORE.files | {FILE: B, "kernels/parity_kernels/axes.py": B}, "changed"),
        (BEFORE.files | {FILE: B, "kernels/parity_kernels/new.py": B}, "added"),
        ({FILE: B, "benchmarks/sentinel.toml": A}, "removed"),
    ],
)
def test_whatever_else_changed_is_refused_by_name_unless_allowed(files: dict[str, str], kind: str) -> None:
    after = sources(files)
    found = changes(BEFORE, after, FILE, {})
    [outside] = [each for each in found if not each.within_lever]
    assert outside.kind == kind
    with pytest.raises(UsageError, match="more than its lever") as caught:
        check_changes(found, BEFORE, after, FILE, allow_more=False)
    assert outside.name in caught.value.message
    assert "--allow-more" in str(caught.value.hint)
    check_changes(found, BEFORE, after, FILE, allow_more=True)


def test_nothing_changed_is_refused_even_if_more_is_allowed() -> None:
    with pytest.raises(UsageError, match="nothing was changed"):
        check_changes((), BEFORE, BEFORE, FILE, allow_more=True)


def test_a_swapped_provider_brings_its_files_and_changes_none() -> None:
    before = sources({"shared.py": A, "one.py": A}, "one.py", ("one.py",))
    after = sources({"shared.py": A, "two.py": B}, "two.py", ("two.py",))
    assert changes(before, after, "provider", {}) == ()
    check_changes((), before, after, "provider", allow_more=False)
    touched = sources({"shared.py": C, "two.py": B}, "two.py", ("two.py",))
    found = changes(before, touched, "provider", {})
    with pytest.raises(UsageError, match=r"shared\.py"):
        check_changes(found, before, touched, "provider", allow_more=False)


@pytest.mark.parametrize(
    ("own", "theirs", "refused"),
    [
        ({"mine.py": A}, {"mine.py": A}, True),
        ({"mine.py": A}, {"copy.py": A}, True),
        ({"mine.py": A}, {"yours.py": B}, False),
        ({"lib/old.py": A, "lib/new.py": B}, {"lib/old.py": A, "lib/new.py": B}, False),  # two modules of one library
        ({}, {}, False),  # libraries whose files are not digested
    ],
)
def test_one_file_under_two_specs_is_no_change(own: dict[str, str], theirs: dict[str, str], refused: bool) -> None:
    before, after = sources(own, "mine.py", tuple(own)), sources(theirs, "./mine.py", tuple(theirs))
    with pytest.raises(UsageError, match="nothing was changed") if refused else nullcontext():
        check_changes((), before, after, "provider", allow_more=False)


def test_a_swapped_provider_needs_that_lever() -> None:
    before, after = sources({"a.py": A}, "one"), sources({"a.py": A}, "two")
    with pytest.raises(UsageError, match="the provider"):
        check_changes((), before, after, "a.py", allow_more=False)
    same = sources({"a.py": B}, "one")
    found = changes(before, same, "provider", {})
    with pytest.raises(UsageError):
        check_changes(found, before, same, "provider", allow_more=False)


def test_lines_are_counted_as_the_diff_shows_them() -> None:
    before, after = "-- a\n\nb\n", "-- a\n++ c\n\n"
    assert line_counts(before, after) == (1, 1)
    shown = diff({"f.py": (before, after)})
    assert "--- a/f.py" in shown
    assert "+++ c" in shown
    assert "-b" in shown
    assert line_counts("x", "x") == (0, 0)
    assert "No newline at end of file" in diff({"f.py": ("x\n", "y")})


@pytest.mark.parametrize("strange", ["\f", "\u2028", "\x85", "\x1c", "\r"])
def test_only_a_line_feed_ends_a_line(strange: str) -> None:
    before, after = f"a{strange}b\nc\n", f"a{strange}b\nd\n"
    assert line_counts(before, after) == (1, 1)
    assert f" a{strange}b\n-c\n+d\n" in diff({"f.py": (before, after)})
