"""`cardinal audiences explain` finds people by the ids that they had, and says so where nobody has one."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from cardinal.activation.ledger import open_ledger
from cardinal.cli.audiences import CONDITIONS, app
from cardinal.errors import CardinalError

FILES = {
    "warehouse.duckdb": (),
    "serving_build.duckdb": (
        "create schema marts",
        "create table marts.current_person_ids as select 'p1' as person_id, 'p2' as current_person_id",
    ),
    "restricted_build.duckdb": (
        "create schema marts",
        "create schema audiences",
        "create table marts.customer_360 as select 'p2' as person_id",
        "create table audiences.audience_sizes as select 'win_back' as audience",
        "create table audiences.audience_decisions as select 'win_back' as audience, 'p2' as person_id,"
        " 'marketing' as purpose, 'email' as channel, timestamp '2026-01-01' as consent_since_at, true as is_chosen,"
        f" 'chosen' as explanation, {', '.join(f'true as {name}' for name in CONDITIONS)}",
        "create table audiences.audience_addresses as select 'p2' as person_id, 'U2' as line_user_id,"
        " '+66812345672' as phone",
    ),
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CARDINAL_HOME", str(tmp_path))
    for name, statements in FILES.items():
        with duckdb.connect(str(tmp_path / name)) as connection:
            for statement in statements:
                connection.execute(statement)
    return tmp_path


@pytest.mark.parametrize(("person", "said"), [("p2", "win_back: chosen"), ("p1", "p1 is p2 by now.\nwin_back: chosen")])
def test_a_person_is_found_by_each_of_their_ids(person: str, said: str) -> None:
    result = CliRunner().invoke(app, ["explain", person])
    assert result.exit_code == 0, result.exception
    assert result.output.startswith(said)


@pytest.mark.parametrize(
    ("withdrawal", "is_left_out"),
    [
        ("select 'p2' as person_id, 'email' as channel, 'marketing' as purpose", True),
        # Under the id of before; a complaint, whatever it was for; who unfollowed.
        ("select 'p1' as person_id, 'email' as channel, 'marketing' as purpose", True),
        ("select 'p2' as person_id, 'email' as channel, null as purpose", True),
        ("select 'U2' as line_user_id, 'email' as channel", True),
        ("select '+66812345672' as phone, 'email' as channel", True),
        ("select 'p2' as person_id, 'email' as channel, 'credit_offers' as purpose", False),
        ("select 'p2' as person_id, 'sms' as channel, 'marketing' as purpose", False),
        ("select 'p3' as person_id, 'email' as channel, 'marketing' as purpose", False),
    ],
)
def test_who_withdrew_since_the_build_is_said_to_be_left_out(home: Path, withdrawal: str, is_left_out: bool) -> None:
    with open_ledger(home / "outbox") as ledger:
        ledger.execute(
            f"insert into withdrawals by name select 'e1' as event_id, 'unsubscribed' as reason,"
            f" timestamp '2026-02-01' as withdrawn_at, * from ({withdrawal})"
        )
    result = CliRunner().invoke(app, ["explain", "p2"])
    assert result.exit_code == 0, result.exception
    said = "win_back: chosen by the build, but they withdrew since: left out of what is sent\n"
    assert (said in result.output) is is_left_out


def test_while_a_run_sends_it_says_what_it_can_not_tell(home: Path) -> None:
    with open_ledger(home / "outbox"):
        result = CliRunner().invoke(app, ["explain", "p2"])
    assert result.exit_code == 0, result.exception
    assert result.output.startswith("win_back: chosen\n")
    assert "who withdrew since the build isn't told while a run sends" in result.output.lower()


def test_an_id_that_nobody_has_is_an_error() -> None:
    result = CliRunner().invoke(app, ["explain", "nobody"])
    assert isinstance(result.exception, CardinalError)
    assert "nobody has the id nobody" in str(result.exception)
