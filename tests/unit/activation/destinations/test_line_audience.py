"""LINE's audiences: whatever is killed, in the end there is one, and it holds the right people."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cardinal.activation.declaration import SyncError
from cardinal.activation.destinations import line_audience
from cardinal.activation.destinations.line_audience import LineAudience
from cardinal.activation.outcome import Outcome
from cardinal.activation.sending import withdraw
from tests.unit.activation.desk import QUICK, Desk, desk
from tests.unit.activation.destinations.line_account import Account, listening


def user(number: int) -> str:
    return f"U{number:032x}"


def people(*numbers: int) -> list[tuple[str | None, str | None]]:
    return [(f"p{number}", user(number)) for number in numbers]


class KilledError(BaseException):
    """The process is killed here."""


class Killed(LineAudience):
    """An adapter whose process is killed before, or after, one of its requests."""

    kill_at = 0
    is_after = False

    def _call(self, method: str, url: str, **content: Any) -> dict[str, Any]:
        self.kill_at -= 1
        if self.kill_at == 0 and not self.is_after:
            raise KilledError
        told = super()._call(method, url, **content)
        if self.kill_at == 0:
            raise KilledError
        return told


@pytest.fixture
def account() -> Iterator[Account]:
    with listening() as account:
        yield account


@pytest.fixture
def table(account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("CARDINAL_SECRET_LINE", "t0ken")
    destination = {"type": "line_audience", "secret": "line", "url": account.url, "files_url": account.url}
    return desk(
        tmp_path / "home",
        destination=destination,
        columns={"user_id": "phone"},
        delivery={**QUICK, "timeout_seconds": 5},
    )


def adapter(table: Desk, kind: type[LineAudience] = LineAudience) -> LineAudience:
    made = kind.declared(table.sync, table.settings)
    made._sleep = lambda _: None
    return made


def apply(table: Desk, target: LineAudience | None = None) -> Outcome | None:
    return table.apply(target=target or adapter(table), despite=["removals", "emptied"])


def current(table: Desk) -> int | None:
    (path,) = (table.settings.outbox / "line_audience").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    number: int | None = json.loads(path.read_text())["audience_group_id"]
    return number


def held(account: Account) -> list[list[str]]:
    return [sorted(members) for _, members in account.groups.values()]


def users(*numbers: int) -> list[str]:
    return sorted(user(number) for number in numbers)


def test_a_new_audience_takes_the_place_of_the_old_one(table: Desk, account: Account) -> None:
    account.groups[7] = ("somebody else's aud_ience", [user(9)])
    table.publish([*people(1, 2, 3, 4, 5), ("p6", "0812345678")])
    outcome = apply(table)
    assert outcome and (outcome.status, outcome.accepted, outcome.rejected) == ("done", 5, 1)
    first = current(table)
    assert outcome.message == f"LINE's audience {first} holds 5 people"
    assert held(account) == [users(9), users(1, 2, 3, 4, 5)]
    assert apply(table) is None, "nothing differs"
    again = table.apply(target=adapter(table), again=True)
    assert again and (again.accepted, held(account)) == (5, [users(9), users(1, 2, 3, 4, 5)])
    table.publish(people(2, 3, 4, 5, 7))
    plan = table.plan()
    assert (plan.counts["same"], plan.counts["add"], plan.counts["remove"], plan.sends) == (4, 1, 1, 6)
    outcome = apply(table)
    assert outcome and (outcome.status, outcome.accepted) == ("done", 6)
    assert held(account) == [users(9), users(2, 3, 4, 5, 7)]
    assert current(table) not in (None, first)
    description = account.groups[current(table) or 0][0]
    assert "people" not in description and len(description) <= 120


def test_nobody_is_left(table: Desk, account: Account) -> None:
    table.publish(people(1, 2))
    apply(table)
    table.publish([])
    outcome = apply(table)
    assert outcome and (outcome.status, outcome.message) == ("done", "nobody is left: there is no audience")
    assert (held(account), current(table)) == ([], None)


@pytest.mark.parametrize("is_after", [False, True])
def test_killed_anywhere_the_next_run_ends_with_one_right_audience(
    table: Desk, account: Account, is_after: bool
) -> None:
    table.publish(people(1, 2, 3))
    apply(table)
    kills = 0
    for step in range(1, 8):
        table.publish(people(1, 2, 3 + step))
        target = adapter(table, Killed)
        assert isinstance(target, Killed)
        target.kill_at, target.is_after = step, is_after
        try:
            apply(table, target)
        except KilledError:
            kills += 1
            assert users(1, 2, 2 + step) in held(account) or users(1, 2, 3 + step) in held(account)
            outcome = apply(table)
            assert outcome and outcome.status == "done"
        assert held(account) == [users(1, 2, 3 + step)]
        assert list(account.groups) == [current(table)]
        assert apply(table) is None
    # Find the name, make it, ask twice, list, delete.
    assert kills == 6


def test_an_answer_that_gets_lost_makes_no_second_audience(table: Desk, account: Account) -> None:
    table.publish(people(1, 2))
    account.faults = [None, "hang up"]
    outcome = apply(table)
    assert outcome and outcome.status == "done"
    assert [method for method, _ in account.asked].count("POST") == 1
    assert held(account) == [users(1, 2)]


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ([500] * 5, "status 500"),
        ([None, None, 500, *[500] * 5], "status 500"),
        ([401], "status 401"),
        ([None, 400], "status 400"),
        ([None, None, None, None, None, *[503] * 5], "status 503"),
    ],
)
def test_what_did_not_change_over_goes_again(table: Desk, account: Account, faults: list[Any], said: str) -> None:
    table.publish(people(1, 2, 3))
    apply(table)
    table.publish(people(1, 2, 4))
    account.faults = faults
    outcome = apply(table)
    assert outcome and (outcome.status, outcome.uncertain) == ("stopped", 4)
    assert outcome.message == f"the destination didn't change over: {said}"
    outcome = apply(table)
    assert outcome and (outcome.status, outcome.accepted) == ("done", 4)
    assert held(account) == [users(1, 2, 4)]


def test_a_minute_is_waited_for_where_it_is_too_fast(table: Desk, account: Account) -> None:
    table.publish(people(1))
    account.faults = [429]
    waited: list[float] = []
    delivery = dataclasses.replace(table.sync.delivery, longest_wait_seconds=60)
    table.sync = dataclasses.replace(table.sync, delivery=delivery)
    table.apply(target=adapter(table), sleep=waited.append)
    assert waited == [60]
    assert held(account) == [users(1)]


def test_too_few_people_are_told_and_nobody_stays_in_the_old_audience(table: Desk, account: Account) -> None:
    table.publish(people(1, 2, 3))
    apply(table)
    account.fails = ("FAILED", "AUDIENCE_GROUP_AUDIENCE_INSUFFICIENT")
    table.publish(people(1))
    outcome = apply(table)
    assert outcome and outcome.status == "stopped" and "1 people are too few" in str(outcome.message)
    assert (held(account), current(table)) == ([], None)
    account.fails = None
    apply(table)
    assert held(account) == [users(1)]


@pytest.mark.parametrize("status", ["FAILED", "EXPIRED", "INACTIVE"])
def test_an_audience_that_comes_to_nothing_takes_no_place(table: Desk, account: Account, status: str) -> None:
    table.publish(people(1, 2, 3))
    apply(table)
    old = current(table)
    account.fails = (status, "INTERNAL_ERROR")
    table.publish(people(1, 2))
    outcome = apply(table)
    assert outcome and outcome.status == "stopped" and f"is {status}; the old one stays" in str(outcome.message)
    assert current(table) == old and users(1, 2, 3) in held(account)


def test_an_hour_is_waited_for_and_no_longer(table: Desk, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.polls = 1000
    monkeypatch.setattr(line_audience, "POLL_SECONDS", 900.0)
    table.publish(people(1))
    outcome = apply(table)
    assert outcome and outcome.status == "stopped" and "isn't ready after an hour" in str(outcome.message)


def test_rows_that_cannot_be_told_apart_keep_what_is_held(table: Desk, account: Account) -> None:
    table.publish(people(1, 2, 3))
    apply(table)
    table.publish([*people(1, 2, 4), ("p2", user(5))])
    table.apply(target=adapter(table), despite=["invalid"])
    assert held(account) == [users(1, 2, 4)]


def test_a_declaration_of_no_use_is_refused(table: Desk) -> None:
    for changed, words in (
        ({"mode": "upsert"}, "mode must be mirror"),
        ({"columns": {"user_id": "phone", "email": "email"}}, "columns must hold user_id"),
        ({"destination": {"type": "line_audience"}}, "CARDINAL_SECRET_NAME"),
    ):
        with pytest.raises(SyncError, match=words):
            LineAudience.declared(dataclasses.replace(table.sync, **changed), table.settings)


def test_who_is_erased_leaves_and_the_others_stay(table: Desk, account: Account) -> None:
    table.publish(people(1, 2, 3))
    table.apply(target=adapter(table))
    outcome = withdraw(table.settings, table.sync, ["p2"], adapter(table), lambda _: None)
    assert outcome is not None
    assert (outcome.status, outcome.rejected, outcome.uncertain, outcome.unsent) == ("done", 0, 0, 0)
    assert held(account) == [users(1, 3)]
    assert withdraw(table.settings, table.sync, ["p2", "p9"], adapter(table), lambda _: None) is None
