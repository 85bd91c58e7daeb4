"""The options of `parity optimize` and the documents that keep them."""

from typing import Any

import click

from parity.cli.flags import SUITES
from parity.cli.optimize import start
from parity.documents.optimization import Round


def test_a_round_has_the_bounds_of_the_options_of_start() -> None:
    properties = Round.model_json_schema()["properties"]
    options: dict[str, Any] = {parameter.name or "": parameter.type for parameter in start.params}
    for name in ("processes", "seconds"):
        bounds = options[name]
        assert isinstance(bounds, click.IntRange | click.FloatRange)
        assert (bounds.min, bounds.max) == (properties[name]["minimum"], properties[name]["maximum"])
    assert properties["suite"]["enum"] == list(SUITES)
