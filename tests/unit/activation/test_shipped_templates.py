"""The templates that ship fit the syncs that send them: nothing is asked for that isn't sent, and none is too long."""

from __future__ import annotations

import dataclasses

import pytest

from cardinal.activation.declaration import Sync, load_syncs
from cardinal.activation.preview import preview
from cardinal.activation.templates import load_message
from cardinal.programmes.declaration import read_programmes
from cardinal.settings import PROJECT_DIR, Settings

DESTINATIONS = {
    "email": {
        "type": "email", "host": "127.0.0.1", "tls": "none", "from": "Bank <news@bank.example>", "why": "You agreed.",
        "unsubscribe_url": "https://links.bank.example", "unsubscribe_secret": "links",
    },
    "sms": {
        "type": "sms", "url": "https://sms.bank.example", "user": "u", "from": "+66200000000", "why": "You agreed.",
    },
}  # fmt: skip
MESSAGES = sorted(
    {
        (str(step.channel), str(step.template))
        for programme in read_programmes(PROJECT_DIR)
        for step in programme.steps
        if step.template
    }
)


def sync_of(channel: str) -> Sync:
    declared = load_syncs(PROJECT_DIR / "activation" / "syncs.yml")[f"programmes_{channel}"]
    address = {"email": "email", "sms": "phone"}[channel]
    columns = {("to" if field == address else field): column for field, column in declared.columns.items()}
    return dataclasses.replace(declared, destination=DESTINATIONS[channel], columns=columns)


def test_a_message_on_line_can_be_written() -> None:
    declared = load_syncs(PROJECT_DIR / "activation" / "syncs.yml")["points_reminder"]
    columns = {("to" if field == "line_user_id" else field): column for field, column in declared.columns.items()}
    destination = {"type": "line_message", "template": "points_reminder"}
    sync = dataclasses.replace(declared, mode="append", columns=columns, destination=destination)
    text = preview(sync, Settings(PROJECT_DIR / "no_home"))
    assert "[points_balance]" in text and "(marketing)" in text


@pytest.mark.parametrize(("channel", "template"), MESSAGES)
def test_a_message_of_a_programme_can_be_written(channel: str, template: str) -> None:
    text = preview(sync_of(channel), Settings(PROJECT_DIR / "no_home"), template)
    assert "[full_name]" in text or channel == "sms"
    assert "You agreed." in text or channel == "sms"
    if channel == "sms":
        parts, _, most = text.split("Segments: ")[1].split("\n")[0].partition(" of ")
        assert 1 <= int(parts) <= int(most)


@pytest.mark.parametrize(
    ("family", "words"),
    [
        ("credit_card", "บัตรเครดิต"), ("deposit", "บัญชีเงินฝาก"), ("fund", "กองทุนรวม"), ("insurance", "ประกัน"),
        ("loan", "สินเชื่อ"), ("debit_card", "บัตรเดบิต"), ("gold_plan", None), (None, None),
    ],
)  # fmt: skip
def test_an_offer_is_told_in_words_and_a_family_without_any_is_left_out(family: str | None, words: str | None) -> None:
    declared = load_syncs(PROJECT_DIR / "activation" / "syncs.yml")["win_back"]
    sync = dataclasses.replace(declared, destination={**DESTINATIONS["email"], "template": "win_back"})
    given = ("why", "unsubscribe_url")
    message = load_message(sync, Settings(PROJECT_DIR / "no_home"), "win_back", ("subject.txt", "body.txt"), given)
    told = {**dict.fromkeys(sync.columns), **dict.fromkeys(given, "-"), "next_best_offer": family}
    texts = message.fill(told)
    for part in ("body.txt", "body.html"):
        assert texts[part].lstrip() == texts[part]
        assert ("ข้อเสนอ" in texts[part]) == (words is not None)
        assert words is None or words in texts[part]
        assert family is None or family not in texts[part]
