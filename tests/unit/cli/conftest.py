"""The command line in this process, with pipelines that record what they were asked."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

import orjson
import pytest

from parity.cli.main import main
from parity.documents.capture import OracleIdentity, Source
from parity.documents.ids import RunId
from parity.documents.report import Counts, ProviderIdentity, Report


class Answer(NamedTuple):
    """What a command line answered."""

    code: int
    out: str
    err: str

    def document(self) -> dict[str, Any]:
        """stdout as one JSON document."""
        document: dict[str, Any] = orjson.loads(self.out)
        return document


Parity = Callable[..., Answer]


@pytest.fixture
def parity(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Parity:
    """Call the command line; it runs in an empty directory and finds no variables of parity."""
    for name in ("PARITY_DEBUG", "PARITY_ORACLE_PYTHON", "PARITY_ARTIFACTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Answer:
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Answer(code, out, err)

    return call


class Pipelines:
    """Stand-ins of parity.pipeline; `asked` has their arguments, `fails` what they raise."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.fails: BaseException | None = None
        self.totals = Counts(cases=3, exact=3)
        self.source: Source = "system"

    def _record(self, *arguments: Any) -> None:
        self.asked.append(arguments[0] if len(arguments) == 1 else arguments)
        if self.fails is not None:
            raise self.fails

    def run(self, request: Any, progress: Any) -> Any:
        """As parity.pipeline.run."""
        progress.stage("execute", 2)
        progress.advance()
        self._record(request)
        return SimpleNamespace(report=self.report(request), bundle=Path("/somewhere/runs/1"))

    def report(self, request: Any) -> Report:
        """A report on three cases."""
        return Report(
            run_id=RunId.parse("019a" + "0" * 8 + "7" + "0" * 3 + "8" + "0" * 14 + "1"),
            suite=request.manifest.run.suite,
            provider=ProviderIdentity(spec=request.manifest.run.provider.spec, name="fake", version=None),
            oracle=OracleIdentity(source=self.source, numpy="2.4", dispatch=(), platform="x", libm="y", python="3.11"),
            allow_pure=request.allow_pure,
            plan_digest="p",
            capture_digest="c",
            catalogue_digest="o",
            totals=self.totals,
            matrix=(),
            divergences=(),
            bundle="runs/1",
        )

    def capture(self, request: Any, progress: Any) -> dict[str, Any]:
        """As parity.pipeline.capture."""
        progress.note("a note")
        self._record(request)
        oracle: dict[str, Any] = {
            "source": "system",
            "numpy": None if request.pure else "2.4.6",
            "dispatch": [],
            "platform": "x",
        }
        path = request.out.as_posix()
        return {"schema": "parity.capture/1", "path": path, "cases": 7, "digest": "d" * 64, "oracle": oracle}

    def reproduce(self, bundle: Path, case_id: str) -> str:
        """As parity.pipeline.reproduce."""
        self._record(bundle, case_id)
        return "print('é')\n"

    def render(self, bundle: Path, form: str) -> bytes:
        """As parity.pipeline.report."""
        self._record(bundle, form)
        return f'{{"form":"{form}"}}\n'.encode()

    def warm(self, jobs: int | None, progress: Any) -> dict[str, Any]:
        """As parity.pipeline.warm."""
        del progress
        self._record(jobs)
        return {"schema": "parity.warm/1", "kernels": 5, "seconds": 1.25}


@pytest.fixture
def pipelines(monkeypatch: pytest.MonkeyPatch) -> Pipelines:
    """Pipelines that do nothing: this folder tests what the command line makes of flags and answers."""
    fake = Pipelines()

    def install(name: str, **attributes: Any) -> None:
        module = ModuleType(name)
        vars(module).update(attributes)
        monkeypatch.setitem(sys.modules, name, module)

    install("parity.pipeline.run", run=fake.run, RunRequest=SimpleNamespace)
    install("parity.pipeline.capture", capture=fake.capture, CaptureRequest=SimpleNamespace)
    install("parity.pipeline.reproduce", reproduce=fake.reproduce)
    install("parity.pipeline.report", render=fake.render)
    install("parity.pipeline.warm", warm=fake.warm)
    install("parity.report.terminal", show=lambda report, console: console.print(f"summary of {report.suite}"))
    return fake
