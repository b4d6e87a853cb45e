"""E-mail over a server that misbehaves at random: nobody gets two, and who may have got none is told."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cardinal.activation.destinations.catalogue import open_destination
from cardinal.activation.journal import IN_DOUBT
from tests.unit.activation.desk import AWAKE, QUICK, TOLD, desk
from tests.unit.activation.destinations.post_office import Office, open_office
from tests.unit.activation.destinations.test_mail import HTML, SUBJECT, TEXT, declared, write_template

TEXT_FAULTS = ("451 4.3.0 later", "421 4.3.2 closing", "hang up before", "hang up after")
ADDRESS_FAULTS = ("450 4.2.1 busy", "421 4.3.2 closing", "refuse for now and hang up")
PEOPLE = [(f"p{number:02d}", f"p{number:02d}@example.com") for number in range(25)]


@dataclass
class Moody(Office):
    """An office in a mood; one address it never takes."""

    moods: random.Random = field(default_factory=random.Random)
    share: float = 0.25

    async def handle_RCPT(self, *arguments: Any) -> str:  # noqa: N802
        address = arguments[3]
        is_moody = self.moods.random() < self.share
        self.addresses = {address: self.moods.choice(ADDRESS_FAULTS)} if is_moody else {}
        if address == PEOPLE[3][1]:
            self.addresses = {address: "550 5.1.1 nobody"}
        return await super().handle_RCPT(*arguments)

    async def handle_DATA(self, *arguments: Any) -> str:  # noqa: N802
        self.texts = [self.moods.choice(TEXT_FAULTS)] if self.moods.random() < self.share else []
        return await super().handle_DATA(*arguments)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_the_server_does_nobody_gets_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setenv("CARDINAL_SECRET_LINKS", "l1nks")
    write_template(tmp_path, SUBJECT, TEXT, HTML)
    with open_office(Moody(moods=random.Random(seed))) as office:
        table = desk(
            tmp_path / "home", mode="append", columns={"to": "phone", "name": "note", **TOLD},
            destination=dict(declared(office.port).destination),
            delivery={**QUICK, "timeout_seconds": 1, "attempts": 3},
        )  # fmt: skip
        table.settings = dataclasses.replace(table.settings, project_dir=tmp_path)
        table.publish(list(PEOPLE), channel="email", **AWAKE)
        for run in range(30):
            assert isinstance(office, Moody)
            office.share = 0.25 if run < 4 else 0.0
            if table.apply(target=open_destination(table.sync, table.settings), despite=("deviation",)) is None:
                break
        states = table.state("key, acked is not null, reason")
    sent = Counter(to for to, _ in office.letters)
    assert max(sent.values()) == 1
    said = {f"{key}@example.com" for key, is_said, _ in states if is_said}
    doubtful = {f"{key}@example.com" for key, _, reason in states if reason == IN_DOUBT}
    assert said <= set(sent) <= said | doubtful
    assert {to for _, to in PEOPLE} - said - doubtful == {PEOPLE[3][1]}
    # Those are taken only where the line broke behind the text.
    assert not said & doubtful
