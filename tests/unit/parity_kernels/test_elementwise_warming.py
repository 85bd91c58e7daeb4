"""Compiling ahead: the list is complete, names are file names, and a second compilation finds the first."""

import re

import pytest

from parity_kernels import broadcasting, compiling, direct, table, warming


def test_every_kernel_and_entry_is_listed_once() -> None:
    names = warming.kernel_names()
    assert len(names) == len(set(names))
    assert set(table.kernels()) <= set(names)
    assert {f"entry:{name}" for name in (*broadcasting.ENTRY_NAMES, *direct.ENTRY_NAMES)} <= set(names)
    assert any(name.startswith("reduction:") for name in names)


def test_kernel_names_differ_on_file_systems_without_case() -> None:
    names = list(table.kernels())
    assert all(re.fullmatch(r"[a-z0-9_-]+", name) for name in names)


def test_a_compiled_kernel_lies_in_the_folder_of_this_sources_digest() -> None:
    name = next(iter(table.kernels()))
    warming.compile_kernel(name)
    assert compiling.cache_folder().name == compiling.source_digest()[:16]
    assert list(compiling.cache_folder().glob(f"{name}*"))


def test_a_name_that_is_not_listed_is_an_error() -> None:
    with pytest.raises(KeyError):
        warming.compile_kernel("nonsense")
