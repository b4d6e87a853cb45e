"""A build becomes a snapshot: whole, checked, and only if it passed."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from cardinal.build import quoted
from cardinal.publishing import snapshot as snapshots
from cardinal.publishing import verification
from cardinal.publishing.build_state import PublishingError
from cardinal.publishing.snapshot import KEPT_SNAPSHOTS, Snapshot, current_snapshot, publish_snapshot, read_current
from cardinal.publishing.still_files import held_still
from cardinal.settings import Settings
from cardinal.single_run import single_run
from tests.unit.holding import holding
from tests.unit.publishing.small_build import build_id, no_progress, published_builds, read, write_build

OPEN = "import sys, duckdb; duckdb.connect(sys.argv[1]).execute('create schema if not exists slipped_in')"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "bank's home")


def publish(settings: Settings) -> Snapshot:
    return publish_snapshot(settings, no_progress)


def folders(settings: Settings) -> set[str]:
    return {path.name for path in (settings.published / "snapshots").iterdir()}


def change(settings: Settings, name: str, statement: str) -> None:
    with duckdb.connect(str(settings.mart_files[name])) as connection:
        connection.execute(statement)


def test_before_the_first_publication_readers_see_nothing(settings: Settings) -> None:
    write_build(settings, 1)
    with pytest.raises(PublishingError, match=r"nothing is published in .* yet: run `cardinal publish`"):
        current_snapshot(settings)


def test_a_build_that_passed_is_published_under_paths_that_stay(settings: Settings) -> None:
    write_build(settings, 1)
    done = publish(settings)
    assert done.is_new
    assert done.build.build_id == build_id(1)
    assert read_current(settings) == done.folder
    assert published_builds(settings) == {build_id(1)}
    assert read(settings.published / "serving.duckdb", "select count(*), sum(amount) from marts.amounts") == [(100, 0)]
    write_build(settings, 2)
    assert published_builds(settings) == {build_id(1)}, "what is being built shows only once it is published"
    shown = current_snapshot(settings)
    assert (shown.build.build_id, shown.folder, shown.is_new) == (build_id(1), done.folder, False)
    assert publish(settings).is_new
    assert published_builds(settings) == {build_id(2)}


def test_only_the_owner_may_read_what_shows_people(settings: Settings) -> None:
    write_build(settings, 1)
    folder = publish(settings).folder
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes["restricted.duckdb"] == 0o600
    assert modes["serving.duckdb"] & 0o600 == 0o600
    assert set(modes) == {"serving.duckdb", "restricted.duckdb"}


def test_a_folder_of_snapshots_can_be_moved_or_mounted_elsewhere(settings: Settings, tmp_path: Path) -> None:
    write_build(settings, 1)
    publish(settings)
    shutil.copytree(settings.published, tmp_path / "mounted", symlinks=True)
    shutil.rmtree(settings.home)
    assert read(tmp_path / "mounted/serving.duckdb", "select count(*) from marts.counts") == [(100,)]


def test_a_second_run_with_nothing_new_does_nothing(settings: Settings) -> None:
    write_build(settings, 1)
    publish(settings)
    before = {path: path.lstat().st_mtime_ns for path in settings.published.rglob("*")}
    again = publish(settings)
    assert not again.is_new
    assert again.build.build_id == build_id(1)
    assert {path: path.lstat().st_mtime_ns for path in settings.published.rglob("*")} == before


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("building", "the build that began at 2026-11-01 02:00 UTC was broken off: run `dbt build`"),
        ("partial", r"didn't build and test all marts \(why\): run `dbt build` without a selection"),
        ("failed", r"the last build failed \(why\): put it right and run `dbt build`"),
    ],
)
def test_a_build_that_did_not_pass_changes_nothing(settings: Settings, state: str, said: str) -> None:
    write_build(settings, 1)
    publish(settings)
    write_build(settings, 2, state, detail="why")
    with pytest.raises(PublishingError, match=said):
        publish(settings)
    assert published_builds(settings) == {build_id(1)}
    assert folders(settings) == {build_id(1)}


def test_files_of_different_builds_are_refused(settings: Settings) -> None:
    write_build(settings, 1)
    old = settings.mart_files["serving"].read_bytes()
    write_build(settings, 2)
    settings.mart_files["serving"].write_bytes(old)
    with pytest.raises(
        PublishingError, match=r"serving_build\.duckdb and restricted_build\.duckdb hold different builds"
    ):
        publish(settings)


def test_before_any_build_it_says_what_to_run(settings: Settings) -> None:
    settings.home.mkdir()
    with pytest.raises(PublishingError, match=r"there are no marts in .* yet: run `dbt build`"):
        publish(settings)
    for file in settings.mart_files.values():
        duckdb.connect(str(file)).close()
    with pytest.raises(PublishingError, match=r"serving_build\.duckdb holds no build yet"):
        publish(settings)


def test_too_little_room_is_told_before_anything_is_copied(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    write_build(settings, 1)
    usage = shutil.disk_usage(settings.home)
    monkeypatch.setattr(snapshots.shutil, "disk_usage", lambda _: usage._replace(free=1_000_000))
    with pytest.raises(PublishingError, match=r"publishing needs 0\.07 GB in .*snapshots, and 0\.00 GB are free"):
        publish(settings)
    assert folders(settings) == set()


def test_some_snapshots_stay_for_who_reads_them_and_the_rest_goes(settings: Settings) -> None:
    write_build(settings, 1)
    first = publish(settings)
    (settings.published / "snapshots" / "left-by-a-kill.unfinished").mkdir()
    with duckdb.connect(str(first.file("serving")), read_only=True) as reader:
        for number in range(2, KEPT_SNAPSHOTS + 3):
            write_build(settings, number)
            publish(settings)
        assert not first.folder.exists()
        # Who has a file open keeps it.
        assert reader.execute("select distinct build_no from marts.amounts").fetchall() == [(1,)]
    assert folders(settings) == {build_id(number) for number in (3, 4, 5)}


@pytest.mark.parametrize(
    ("name", "statement", "said"),
    [
        (
            "serving",
            "create table marts.left_over as select 'Ann' as full_name",
            "marts.left_over, which the build didn't",
        ),
        ("serving", "create view marts.a_view as select 1 as one", "marts.a_view, which the build didn't make"),
        ("restricted", "drop table marts.names", r"restricted_build\.duckdb: marts\.names, which isn't there"),
    ],
)
def test_files_that_hold_something_else_than_the_build_made_are_refused(
    settings: Settings, name: str, statement: str, said: str
) -> None:
    write_build(settings, 1)
    change(settings, name, statement)
    with pytest.raises(PublishingError, match=said):
        publish(settings)
    assert folders(settings) == set()
    assert read_current(settings) is None


def test_storage_that_readers_cannot_open_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    write_build(settings, 1)
    publish(settings)
    write_build(settings, 2)
    with duckdb.connect() as connection:
        file = quoted(settings.mart_files["serving"])
        connection.execute(f"attach '{file}' as s (storage_version 'v1.5.0')")
        connection.execute("create or replace table s.marts.counts as select 2 as build_no, 'p' as person_id")
    with monkeypatch.context() as patch:
        patch.setattr(verification, "NEWEST_STORAGE", (1, 4, 0))
        with pytest.raises(PublishingError, match=r"serving_build\.duckdb has storage v1\.5\.0\+, which readers"):
            publish(settings)
    assert published_builds(settings) == {build_id(1)}
    assert publish(settings).is_new, "1.5 is what readers can open"


def test_a_damaged_file_is_refused(settings: Settings) -> None:
    write_build(settings, 1, rows=200_000)
    file = settings.mart_files["serving"]
    with file.open("r+b") as damaged:
        damaged.seek(file.stat().st_size // 2)
        damaged.write(os.urandom(4096))
    with pytest.raises(PublishingError, match=r"serving(_build)?\.duckdb can't be (read whole|opened)"):
        publish(settings)
    assert read_current(settings) is None


def test_what_a_killed_program_left_in_the_log_is_published_too(settings: Settings) -> None:
    write_build(settings, 1)
    code = (
        "import os, sys, duckdb; connection = duckdb.connect(sys.argv[1]);"
        " connection.execute('update marts.amounts set amount = 0'); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(settings.mart_files["serving"])], check=False)
    assert Path(f"{settings.mart_files['serving']}.wal").exists()
    publish(settings)
    assert read(settings.published / "serving.duckdb", "select sum(amount) from marts.amounts") == [(0,)]


def test_who_writes_is_named_and_who_reads_is_no_hindrance(settings: Settings) -> None:
    write_build(settings, 1)
    with holding(settings.mart_files["restricted"]) as pid, pytest.raises(Exception, match=f"process {pid}"):
        publish(settings)
    assert read_current(settings) is None
    with duckdb.connect(str(settings.mart_files["serving"]), read_only=True):
        pass
    reader = "import sys, duckdb; c = duckdb.connect(sys.argv[1], read_only=True); print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", reader, str(settings.mart_files["serving"])],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        process.stdout.readline()
        assert publish(settings).is_new
        process.communicate("")


def test_nobody_can_write_while_files_are_held_still(settings: Settings) -> None:
    write_build(settings, 1)
    files = list(settings.mart_files.values())

    def try_to_write(file: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", OPEN, str(file)], capture_output=True, text=True, check=False)

    with held_still(files):
        for file in files:
            refused = try_to_write(file)
            assert refused.returncode != 0
            assert "Could not set lock" in refused.stderr
    assert try_to_write(files[0]).returncode == 0


def test_a_build_that_slips_in_before_the_files_are_held_is_not_published(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_build(settings, 1)
    find_build = snapshots._find_build

    def find_and_build(given: Settings) -> object:
        build = find_build(given)
        write_build(settings, 2, "building")
        return build

    monkeypatch.setattr(snapshots, "_find_build", find_and_build)
    with pytest.raises(PublishingError, match="a build began meanwhile"):
        publish(settings)
    assert folders(settings) == set()


def test_two_publications_at_once_are_one_too_many(settings: Settings) -> None:
    write_build(settings, 1)
    with (
        single_run(settings.home / "publishing.lock", PublishingError("mine")),
        pytest.raises(PublishingError, match="another publication is running"),
    ):
        publish(settings)


def test_a_snapshot_that_was_finished_and_not_shown_is_shown(settings: Settings) -> None:
    """What a kill between the copy and the switch leaves."""
    write_build(settings, 1)
    publish(settings)
    (settings.published / "current").unlink()
    assert publish(settings).is_new
    assert published_builds(settings) == {build_id(1)}
