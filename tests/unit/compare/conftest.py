"""Fixtures of the tests of comparisons."""

import pytest

from .by_hand import Hand


@pytest.fixture(scope="session")
def hand() -> Hand:
    """What makes cases, values and verdicts."""
    return Hand()
