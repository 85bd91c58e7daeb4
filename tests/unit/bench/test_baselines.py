"""Where baselines lie, and that every figure of one follows from its samples."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity.bench.baselines import baseline_path, rederived
from parity.bench.fingerprint import identified
from parity.bench.samples import decode, encode
from parity.documents.baseline import Baseline

from .measured_baseline import BATCHED, MACHINE, SINGLE, WITHHELD, baseline, drawn, timing

ROOT = Path("artifacts")


def problems(document: Baseline, samples: bytes) -> list[tuple[str | None, str]]:
    return [(problem.workload, problem.field) for problem in rederived(document, decode(samples, "file"))]


def edited(document: Baseline, workload: str, **changes: Any) -> Baseline:
    """A baseline in which one workload says something else."""
    content = document.full()
    for row in content["workloads"]:
        if row["name"] == workload:
            row.update(changes)
    return Baseline.from_json(json.dumps(content), "edited")


# -- where they lie --------------------------------------------------------------------------------


def test_a_baseline_lies_under_its_fingerprint_and_set() -> None:
    path = baseline_path(ROOT, MACHINE, "sentinel")
    assert path == Path("artifacts/baselines") / MACHINE.id / "sentinel.json"


def test_another_provider_has_a_file_of_its_own() -> None:
    assert baseline_path(ROOT, MACHINE, "sentinel", "numpy").name == "sentinel@numpy.json"
    here, there = (baseline_path(ROOT, MACHINE, "sentinel", spec).name for spec in ("./a/p.py", "./a-p.py"))
    assert here.startswith("sentinel@a-p.py-")
    assert here != there


def test_a_part_of_a_set_never_replaces_the_whole() -> None:
    whole = baseline_path(ROOT, MACHINE, "sentinel")
    part = baseline_path(ROOT, MACHINE, "sentinel", selection=["b", "a"])
    assert part != whole
    assert part.name.startswith("sentinel+")
    assert part == baseline_path(ROOT, MACHINE, "sentinel", selection=("a", "b"))
    assert part != baseline_path(ROOT, MACHINE, "sentinel", selection=["ab"])


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..", "", "a/b", "a\0b", "x" * 5000, "é ü", "\udcff", "a+b", "a@b"]
)
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    folder = ROOT / "baselines" / MACHINE.id
    for path in (baseline_path(ROOT, MACHINE, name), baseline_path(ROOT, MACHINE, "set", name or "x y")):
        assert path.parent == folder
        assert len(path.name) < 200
        assert path.name.isascii()
        assert not path.name.startswith(".")
    assert baseline_path(ROOT, MACHINE, name).name.count("@") == baseline_path(ROOT, MACHINE, name).name.count("+") == 0


# -- the figures again -----------------------------------------------------------------------------


def test_every_figure_follows_from_the_samples() -> None:
    document, samples = baseline()
    assert problems(document, samples) == []
    assert problems(Baseline.from_json(json.dumps(document.full()), "file"), samples) == []


FIGURES = {
    "samples": 1_801,
    "p50_ns": {"value": 20_000.0, "low": 19_000.0, "high": 21_000.0},
    "p95_ns": None,
    "p99_ns": {"value": 20_000.0, "low": 19_000.0, "high": 21_000.0},
    "batch_ns": {"value": 20_000.0, "low": 19_000.0, "high": 21_000.0},
    "numpy_ns": None,
    "numpy_ratio": {"value": 9.0, "low": 8.0, "high": 10.0},
    "gb_per_s": 99.0,
    "copy_share": 2.0,
    "compile_s": 0.0,
    "first_call_s": 1.0,
    "processes": {"log_ratio": [0.5] * 9, "p99_log": []},
    "epochs": 1,
    "disturbed": 0,
}


@pytest.mark.parametrize("field", FIGURES)
def test_a_figure_that_was_edited_is_found(field: str) -> None:
    document, samples = baseline()
    assert problems(edited(document, SINGLE, **{field: FIGURES[field]}), samples) == [(SINGLE, field)]


def test_every_figure_of_a_workload_is_among_those_edited() -> None:
    given = {
        "name",
        "op",
        "loop",
        "shape",
        "layout",
        "digest",
        "bytes",
        "budget",
        "verdict",
        "withheld",
        "mode",
        "calls",
    }
    [workload, *_] = baseline()[0].workloads
    assert FIGURES.keys() | given == workload.full().keys()


def test_other_samples_are_not_those_of_the_baseline() -> None:
    document, _ = baseline()
    _, samples = baseline(*drawn(2))
    found = problems(document, samples)
    assert {(SINGLE, "p50_ns"), (BATCHED, "batch_ns"), (None, "control.ratio")} <= set(found)


def test_batches_do_not_pass_for_calls() -> None:
    document, samples = baseline()
    found = problems(edited(document, BATCHED, mode="per_call", calls=1), samples)
    assert {(BATCHED, "p50_ns"), (BATCHED, "batch_ns")} <= set(found)
    assert (BATCHED, "batch_ns") in problems(edited(document, BATCHED, calls=2_999), samples)


def test_times_that_were_withheld_may_not_be_shown() -> None:
    document, samples = baseline()
    [(name, field)] = problems(edited(document, WITHHELD, withheld=None, verdict="exact"), samples)
    assert (name, field) == (WITHHELD, "samples")


def test_times_that_a_compilation_fell_into_are_withheld() -> None:
    timings, controls = drawn()
    document, _ = baseline(timings, controls)
    timings[SINGLE][3] = timings[SINGLE][3]._replace(compiled_late=1)
    _, samples = baseline(timings, controls)
    assert (SINGLE, "withheld") in problems(document, samples)


@pytest.mark.parametrize("field", ["bytes", "budget", "verdict"])
def test_a_measured_workload_says_what_an_imported_one_may_leave_open(field: str) -> None:
    document, samples = baseline()
    assert problems(edited(document, SINGLE, **{field: None}), samples) == [(SINGLE, "samples")]


def test_samples_that_no_workload_has_are_named() -> None:
    timings, controls = drawn()
    document, _ = baseline(timings, controls)
    random = np.random.default_rng(0)
    _, samples = baseline(timings | {"another": [timing(random)]}, controls)
    assert problems(document, samples) == [("another", "samples")]


def test_a_control_without_samples_is_named() -> None:
    timings, controls = drawn()
    document, _ = baseline(timings, controls)
    assert problems(document, encode(timings, {})) == [(None, "control")]


def test_a_control_that_was_edited_is_found() -> None:
    document, samples = baseline()
    assert document.control is not None
    flipped = {"same": "different", "different": "same"}[document.control.verdict]
    control = document.control.model_copy(update={"verdict": flipped})
    assert problems(document.model_copy(update={"control": control}), samples) == [(None, "control.verdict")]


@pytest.mark.parametrize(("field", "value"), [("processes", 99), ("ratio_of", "both_epochs")])
def test_a_protocol_that_the_samples_do_not_show_is_found(field: str, value: object) -> None:
    document, samples = baseline()
    assert document.protocol is not None
    protocol = document.protocol.model_copy(update={field: value})
    assert problems(document.model_copy(update={"protocol": protocol}), samples) == [(None, f"protocol.{field}")]


def test_a_fingerprint_that_was_edited_is_found() -> None:
    document, samples = baseline()
    machine = MACHINE.model_copy(update={"cpu_model": "Another"})
    edited_machine = document.model_copy(update={"fingerprint": machine})
    assert problems(edited_machine, samples) == [(None, "fingerprint.id")]
    assert problems(document.model_copy(update={"fingerprint": identified(machine)}), samples) == []
