"""The campaign of faults against seals, in pieces that run side by side; and faults of its own that it must notice."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SHARDS = 12
FAULTS = 5_040
NIGHTLY_SHARDS = 40
NIGHTLY_FAULTS = 200_000


def _campaign() -> ModuleType:
    """The script beside this file, which is no package."""
    spec = importlib.util.spec_from_file_location("seal_campaign", Path(__file__).with_name("campaign.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(Path(__file__).parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(Path(__file__).parent))
    return module


campaign = _campaign()


def run_shard(first: int, count: int, step: int) -> None:
    outcomes = campaign.shard(first, count, step)
    assert outcomes.total() == count
    assert outcomes["repairable"] > count / 3, "too few faults are within the budget to say much"
    assert outcomes["lost"] > count / 10, "too few faults are beyond it"


@pytest.mark.parametrize("shard", range(SHARDS))
def test_damage_is_found_and_mended_within_the_budget_and_left_alone_beyond_it(shard: int) -> None:
    run_shard(shard, FAULTS // SHARDS, SHARDS)


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(NIGHTLY_SHARDS))
def test_damage_is_found_and_mended_in_the_nightly_campaign(shard: int) -> None:
    run_shard(FAULTS + shard, NIGHTLY_FAULTS // NIGHTLY_SHARDS, NIGHTLY_SHARDS)


def caught(folder: Path) -> bool:
    try:
        campaign.run(folder, range(300))
    except campaign.CampaignError:
        return True
    return False


@pytest.fixture
def only_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seal_damage.LARGE", ())


@pytest.mark.usefixtures("only_small")
class TestTheCampaignNoticesASealThat:
    """Mutants of scrub and repair; a campaign that passes them proves nothing."""

    def test_calls_everything_intact(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        real = campaign.scrub

        def blind(path: Path) -> Any:
            return real(path).model_copy(update={"status": "ok"})

        monkeypatch.setattr(campaign, "scrub", blind)
        assert caught(tmp_path)

    def test_gives_up_where_little_is_to_spare(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        real = campaign.scrub

        def timid(path: Path) -> Any:
            found = real(path)
            return found.model_copy(update={"status": "lost"}) if found.margin < 2 else found

        monkeypatch.setattr(campaign, "scrub", timid)
        assert caught(tmp_path)

    def test_says_that_it_repaired_and_did_nothing(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        class Answer:
            status, reason = "repaired", None

        monkeypatch.setattr(campaign, "repair", lambda _: Answer)
        assert caught(tmp_path)

    def test_miscounts_by_one(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        real = campaign.scrub

        def miscounting(path: Path) -> Any:
            found = real(path)
            return found.model_copy(update={"margin": found.margin - 1})

        monkeypatch.setattr(campaign, "scrub", miscounting)
        assert caught(tmp_path)

    def test_writes_while_it_scrubs(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        real = campaign.scrub

        def writing(path: Path) -> Any:
            (path.parent / "scrubbed").write_bytes(b"")
            return real(path)

        monkeypatch.setattr(campaign, "scrub", writing)
        assert caught(tmp_path)
