"""An erasure that is killed, refused or gone on with: the same end, or nothing at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cardinal.activation.declaration import BusyError
from cardinal.activation.ledger import open_ledger
from cardinal.activation.sending import apply_sync
from cardinal.cli.main import app
from cardinal.demo.bank import no_progress
from cardinal.privacy import erasure, journal, lake_erasure, raw_rewriting, state_files
from cardinal.programmes.advancing import advance
from cardinal.programmes.declaration import ProgrammeError
from cardinal.single_run import single_run
from tests.integration.byte_search import traces
from tests.integration.house import House
from tests.integration.privacy_case import Case, lake_rows, opened_case
from tests.unit.activation.destinations.receiver import Receiver, listening


@pytest.fixture(scope="module")
def case(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    with opened_case(house, tmp_path_factory.mktemp("privacy")) as opened:
        yield opened


@pytest.fixture(scope="module")
def erased(case: Case, tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, dict]:
    """The home after an undisturbed erasure that leaves the build as it is."""
    copy = case.copy(tmp_path_factory.mktemp("erased") / "home")
    return copy, copy.erase()


class KilledError(BaseException):
    """The process ends here."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "place",
    [
        (raw_rewriting, 1),
        (raw_rewriting, 9),
        (lake_erasure, 0),
        (lake_erasure, 1),
        (lake_erasure, 25),
        (state_files, 1),
    ],
)
def test_killed_anywhere_it_goes_on_to_the_same_end(
    case: Case, erased: tuple[Case, dict], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: tuple
) -> None:
    module, after = place
    copy = case.copy(tmp_path / "home")
    publish, calls = module.publish, 0

    def dying(moves: list[tuple[Path, Path]]) -> None:
        nonlocal calls
        calls += 1
        if calls > after:
            raise KilledError
        publish(moves)

    with monkeypatch.context() as patch:
        patch.setattr(module, "publish", dying)
        with pytest.raises(KilledError):
            copy.erase()
    assert (copy.house.home / "privacy" / "journal.json").exists()
    # Nothing of the person is in what is kept to go on.
    assert traces(copy.house.home / "privacy", case.searched) == []
    receipt = copy.erase()
    assert not (copy.house.home / "privacy" / "journal.json").exists()
    assert lake_rows(copy.house.home) == lake_rows(erased[0].house.home)
    for path in sorted(erased[0].house.settings.inbox.rglob("*")):
        # What came of telling destinations has a name by chance.
        if path.is_file() and "activation" not in path.parts:
            same = copy.house.settings.inbox / path.relative_to(erased[0].house.settings.inbox)
            assert same.read_bytes() == path.read_bytes(), path.name
    assert receipt["source_tables"] == erased[1]["source_tables"]


@pytest.mark.slow
def test_a_destination_that_is_down_stops_it_before_anything_goes(case: Case, tmp_path: Path) -> None:
    copy = case.copy(tmp_path / "home")
    gone = {"type": "webhook", "url": "http://127.0.0.1:9/rows", "secret": "tests"}
    people = replace(
        case.syncs["people"], destination=gone, delivery=replace(case.syncs["people"].delivery, attempts=1)
    )
    before = lake_rows(copy.house.home)
    down = replace(copy, syncs={**case.syncs, "people": people})
    with pytest.raises(Exception, match="sync people holds the person and couldn't be told"):
        down.erase()
    assert lake_rows(copy.house.home) == before
    settings = copy.house.settings
    receipt = erasure.erase(settings, journal.read_journal(settings), down.syncs, lambda: None, no_progress, True)
    told = {one["sync"]: one["outcome"] for one in json.loads(receipt.read_text())["destinations"]}
    assert told["people"].startswith("not told: ")
    # Who was told before it stopped is named too.
    assert told["listed"].startswith("removed by file")


@pytest.mark.slow
def test_who_was_sent_by_a_run_that_was_killed_is_taken_back_too(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = case.copy(tmp_path / "home")
    with listening(Receiver()) as other:
        people = case.syncs["people"]
        late = replace(people, name="late", destination={**people.destination, "url": other.url})
        with monkeypatch.context() as patch, pytest.raises(KilledError):
            patch.setattr("cardinal.activation.ledger.fold", die)
            apply_sync(copy.house.settings, late, no_progress, despite=("stale",))
        assert case.person in other.rows
        replace(copy, syncs={**copy.syncs, "late": late}).erase()
        assert case.person not in other.rows
        assert other.rows


def die(*_: object) -> None:
    raise KilledError


@pytest.mark.slow
def test_nobody_sends_or_advances_while_the_published_snapshot_shows_the_person(case: Case, tmp_path: Path) -> None:
    copy = case.copy(tmp_path / "home")

    def tried_meanwhile() -> None:
        for sync in copy.syncs.values():
            with pytest.raises(BusyError, match="an erasure is under way"):
                apply_sync(copy.house.settings, sync, no_progress)
        with pytest.raises(ProgrammeError, match="an erasure is under way"):
            advance(copy.house.settings)

    told = len(case.receiver.taken)
    copy.erase(tried_meanwhile)
    assert [op for _, op, _ in case.receiver.taken[told:]] in (["remove"], [])


@pytest.mark.slow
def test_a_receiver_that_runs_has_to_be_stopped_first(case: Case, tmp_path: Path) -> None:
    copy = case.copy(tmp_path / "home")
    before, settings = lake_rows(copy.house.home), copy.house.settings
    with (
        single_run(settings.outbox / "receiving.lock", BusyError("held")),
        pytest.raises(BusyError, match="a receiver is running"),
    ):
        copy.erase()
    assert lake_rows(copy.house.home) == before
    with open_ledger(settings.outbox) as ledger:
        assert ledger.execute("select count(*) > 0 from state where key = ?", [case.person]).fetchall() == [(True,)]


@pytest.mark.slow
def test_a_plan_changes_nothing_and_a_stale_one_is_refused(case: Case, tmp_path: Path) -> None:
    environment = case.house.environment()
    shown = CliRunner().invoke(app, ["privacy", "erase", "--person", case.person], env=environment)
    assert shown.exit_code == 0, shown.output
    assert "Nothing was erased." in shown.output
    assert not any(value in shown.output for value, kind in case.values.items() if kind != "person" and len(value) > 5)
    stale = CliRunner().invoke(app, ["privacy", "erase", "--person", case.person, "--plan", "0" * 12], env=environment)
    assert stale.exit_code == 1
    assert not (case.house.home / "privacy" / "journal.json").exists()


@pytest.mark.slow
def test_another_erasure_waits_until_one_has_ended(case: Case, tmp_path: Path) -> None:
    copy = case.copy(tmp_path / "home")
    settings = copy.house.settings
    erasure.begin_erasure(settings, erasure.plan_erasure(settings, case.person, {}))
    assert erasure.pending(settings, case.person, {}) is not None
    cif = next(value for value, kind in case.values.items() if kind == "customer_number")
    assert erasure.pending(settings, None, {"cif": cif}) is not None
    with pytest.raises(erasure.ErasureError, match="was begun and hasn't ended"):
        erasure.pending(settings, "p0", {})
