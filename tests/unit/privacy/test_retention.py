"""What is too old goes by whichever id is shown, or by its age; a run that was killed is gone on with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
import pytest

from cardinal.ingestion.run import ingest
from cardinal.privacy import retention
from cardinal.privacy.retention import find_expired, retain
from cardinal.settings import Settings

TODAY = date(2026, 11, 30)
OLD, NEW = "2026-01-05 10:00:00", "2026-11-20 10:00:00"
OLD_MICROS, NEW_MICROS = 1767607200000000, 1795168800000000


class KilledError(BaseException):
    """The process ends here."""


def drop(settings: Settings, table: str, *lines: str) -> Path:
    path = settings.inbox / table / "delivered=2026-11-21" / "a.csv"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(tmp_path / "home")
    drop(
        settings, "digital/events", "event_id,event_name,platform,user_pseudo_id,user_id,event_timestamp",
        f"E1,page_view,WEB,ck1,,{OLD_MICROS}", f"E2,page_view,WEB,ck2,,{OLD_MICROS}",
        f"E3,page_view,WEB,ck3,u1,{OLD_MICROS}", f"E4,page_view,WEB,ck1,,{NEW_MICROS}",
    )  # fmt: skip
    drop(
        settings, "meta_ads/pixel_events",
        "pixel_event_id,pixel_id,event_name,occurred_at,fbp,external_id,user_pseudo_id",
        f"P1,1,PageView,{OLD},fb1,,", f"P2,1,PageView,{OLD},fb2,,", f"P3,1,Lead,{OLD},fb2,u1,",
        f"P4,1,PageView,{OLD},fb3,x9,", f"P5,1,PageView,{NEW},fb1,,", f"P6,1,PageView,{OLD},,,",
    )  # fmt: skip
    drop(
        settings, "google_ads/conversions", "conversion_id,gclid,conversion_action,converted_at,user_id",
        f"G1,gc1,lead,{OLD},", f"G2,gc2,lead,{OLD},", f"G3,gc3,lead,{OLD},u1", f"G4,gc1,lead,{NEW},",
    )  # fmt: skip
    drop(
        settings, "experiments/exposures", "exposure_id,experiment_key,variant_key,unit_type,unit_id,exposed_at",
        f"X1,e,a,user_pseudo_id,ck1,{OLD}", f"X2,e,a,cif_no,999,{OLD}", f"X3,e,a,user_pseudo_id,ck2,{OLD}",
    )  # fmt: skip
    report = ingest(settings)
    assert not report.rejected_files
    assert not any(batch.rejects for batch in report.batches)
    return settings


@contextmanager
def built(*_: object) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.customer_identifiers as select * from (values"
            " ('anonymous_id', 'ck2'), ('login', 'u1'), ('click_id', 'gc2'))"
            " as t (identifier_type, identifier_value)"
        )
        connection.execute("create table marts.event_owners as select 'E2' as event_id, 'p1' as person_id")
        yield connection


def test_rows_without_a_cookie_go_by_what_else_they_show_or_by_their_age(settings: Settings) -> None:
    with built() as connection:
        find_expired(connection, settings, date(2026, 9, 1))
        gone = {number for (number,) in connection.execute("select text from erased").fetchall()}
    assert gone == {"E1", "P1", "P4", "P6", "G1", "X1"}


@pytest.mark.parametrize("where", ["before", "after"])
def test_killed_while_the_lake_is_written_it_goes_on_and_builds(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setattr(retention, "open_build", built)
    write = retention.erase_from_lake

    def die(*given: object) -> None:
        if where == "after":
            write(*given)  # type: ignore[arg-type]
        raise KilledError

    with monkeypatch.context() as patched, pytest.raises(KilledError):
        patched.setattr(retention, "erase_from_lake", die)
        retain(settings, TODAY, lambda: None)
    builds = []
    assert retain(settings, TODAY, lambda: builds.append(1)).rows == {
        "digital.events": 1, "meta_ads.pixel_events": 3, "google_ads.conversions": 1, "experiments.exposures": 1
    }  # fmt: skip
    assert builds == [1], "the warehouse keeps for good what the lake has lost"
    assert retain(settings, TODAY, lambda: builds.append(1)).rows == {}
    assert builds == [1]
    assert "E1" not in (settings.inbox / "digital/events/delivered=2026-11-21/a.csv").read_text()


def test_a_run_that_goes_on_after_a_kill_does_what_is_too_old_by_then_too(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "open_build", built)

    def die() -> None:
        raise KilledError

    with pytest.raises(KilledError):
        retain(settings, TODAY, die)
    builds = []
    later = retain(settings, date(2027, 3, 31), lambda: builds.append(1))
    assert later.before == date(2026, 12, 31)
    assert later.rows == {
        "digital.events": 2, "meta_ads.pixel_events": 4, "google_ads.conversions": 2, "experiments.exposures": 1
    }  # fmt: skip
    assert builds == [1, 1]
    assert "E4" not in (settings.inbox / "digital/events/delivered=2026-11-21/a.csv").read_text()
    assert retain(settings, date(2027, 3, 31), lambda: builds.append(1)).rows == {}
    assert builds == [1, 1]
