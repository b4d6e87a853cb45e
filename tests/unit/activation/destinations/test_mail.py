"""E-mail against a server that speaks SMTP: who gets what, what is refused, and that nothing is sent twice."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cardinal.activation.declaration import Sync, SyncError, parse_sync
from cardinal.activation.destination import AccessRefusedError, Batch, Row, UnavailableError, row_id
from cardinal.activation.destinations.catalogue import open_destination
from cardinal.activation.destinations.mail import Mail
from cardinal.activation.journal import IN_DOUBT
from cardinal.activation.preview import preview
from cardinal.activation.unsubscribe import read_token
from cardinal.settings import Settings
from tests.unit.activation.desk import TOLD
from tests.unit.activation.destinations.post_office import PASSWORD, USER, Office, make_certificate, open_office

SUBJECT = "ถึง {{ name }}"
TEXT = "สวัสดี {{ name }}\n.จุด\n--\n{{ why }}\n{{ unsubscribe_url }}"
HTML = "<p>{{ name }}</p><p>{{ why }}</p><a href='{{ unsubscribe_url }}'>x</a>"


@pytest.fixture
def office() -> Iterator[Office]:
    with open_office(Office()) as office:
        yield office


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CARDINAL_SECRET_LINKS", "l1nks")
    monkeypatch.setenv("CARDINAL_SECRET_MAIL", PASSWORD)
    write_template(tmp_path, SUBJECT, TEXT, HTML)
    return Settings(tmp_path / "home", project_dir=tmp_path)


def write_template(project: Path, subject: str, text: str, html: str) -> None:
    folder = project / "activation" / "templates" / "hello"
    folder.mkdir(parents=True, exist_ok=True)
    for part, content in (("subject.txt", subject), ("body.txt", text), ("body.html", html)):
        (folder / part).write_text(content, encoding="utf-8")


def declared(port: int = 25, **changes: Any) -> Sync:
    destination = {
        "type": "email", "host": "127.0.0.1", "port": port, "tls": "none", "from": "ธนาคาร <news@bank.example>",
        "template": "hello", "why": "You agreed to news (marketing).", "unsubscribe_secret": "links",
        "unsubscribe_url": "https://bank.example/", **changes,
    }  # fmt: skip
    return parse_sync(
        "hello",
        {
            "model": "audiences.sync_email__hello", "key": "person_id", "mode": "append", "destination": destination,
            "columns": {"to": "email", "name": "full_name", **TOLD}, "delivery": {"timeout_seconds": 0.3},
        },
    )  # fmt: skip


def row(number: int, to: str | None = None, name: str = "สมชาย ใจดี", **fields: Any) -> Row:
    key = f"p{number}"
    address = to if to is not None else f"{key}@example.com"
    return Row(key, "add", row_id("hello", key, 1), {"to": address, "name": name, **fields})


def batch(*rows: Row) -> Batch:
    return Batch("hello", "run", rows)


def test_each_row_may_name_its_own_template(office: Office, settings: Settings) -> None:
    """As messages of programmes do; one that names none that there is harms no other."""
    sync = declared(office.port)
    destination = {key: value for key, value in sync.destination.items() if key != "template"}
    by_row = dataclasses.replace(sync, destination=destination, columns={**sync.columns, "template": "template"})
    strange = row(2, template="../hello")
    answer = open_destination(by_row, settings).send(batch(row(1, template="hello"), strange, row(3, template="none")))
    assert [to for to, _ in office.letters] == ["p1@example.com"]
    assert set(answer.rejected) == {strange.row_id, row(3).row_id}
    assert "a row's template must be the name of a folder" in answer.rejected[strange.row_id]
    assert "[name]" in preview(by_row, settings, "hello")
    with pytest.raises(SyncError, match="--template"):
        preview(by_row, settings)
    with pytest.raises(SyncError, match="can't both say"):
        open_destination(dataclasses.replace(by_row, destination=sync.destination), settings)


def test_a_message_arrives_as_it_was_written(office: Office, settings: Settings) -> None:
    target = open_destination(declared(office.port), settings)
    assert target.send(batch(row(1, "สมชาย@คน.ไทย"), row(2, name="<b>&"))) == target.send(batch())
    (to, letter), (_, other) = office.letters
    assert to == "สมชาย@xn--42c6b.xn--o3cw4h"
    assert letter["subject"] == "ถึง สมชาย ใจดี"
    # With letters beyond ASCII before the @ headers go as they are (RFC 6532), else coded.
    assert other["from"].addresses[0].display_name == "ธนาคาร"
    assert letter["message-id"] == f"<{row(1).row_id}@bank.example>"
    plain, html = letter.iter_parts()
    link = letter["list-unsubscribe"].strip("<>")
    assert plain.get_content().splitlines() == [
        "สวัสดี สมชาย ใจดี", ".จุด", "--", "You agreed to news (marketing).", link,
    ]  # fmt: skip
    assert link in html.get_content()
    assert read_token(b"l1nks", link.removeprefix("https://bank.example/u/")) == ("hello", "p1")
    assert letter["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert letter["date"].datetime
    other_plain, other_html = other.iter_parts()
    assert "สวัสดี <b>&" in other_plain.get_content()
    assert "<p>&lt;b&gt;&amp;</p>" in other_html.get_content()


def test_a_long_link_stays_one_that_a_mailbox_reads(office: Office, settings: Settings) -> None:
    """Python's library codes it as words; what it reads back looks right all the same."""
    sync = declared(office.port, unsubscribe_url="https://bank.example/" + "x" * 300)
    open_destination(sync, settings).send(batch(row(1)))
    (line,) = [line for line in office.raw[0].split(b"\r\n") if line.startswith(b"List-Unsubscribe:")]
    assert line.startswith(b"List-Unsubscribe: <https://bank.example/xxx") and line.endswith(b">")
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in office.raw[0].split(b"\r\n")
    assert all(len(line) <= 998 for line in office.raw[0].split(b"\r\n"))


def test_a_line_that_is_a_dot_ends_no_message(office: Office, settings: Settings) -> None:
    write_template(settings.project_dir, "{{ name }}", ".\n..a\n{{ why }} {{ unsubscribe_url }}", HTML)
    open_destination(declared(office.port), settings).send(batch(row(1, name="Ann"), row(2, name="Bob")))
    assert [letter["subject"] for _, letter in office.letters] == ["Ann", "Bob"]
    for _, letter in office.letters:
        plain, _ = letter.iter_parts()
        assert plain.get_content().splitlines()[:2] == [".", "..a"]


@pytest.mark.parametrize("to", ["", "nobody", "a@b", "a b@example.com", "a@exa mple.com", "a@example.com\nBcc: x@y.zz",
                                "a@example.com>", "a..b@example.com", "@example.com", "a@-x.com", "a,b@example.com",
                                "x" * 65 + "@example.com", '"a b"@example.com'])  # fmt: skip
def test_what_is_no_address_is_rejected(office: Office, settings: Settings, to: str) -> None:
    bad = row(1, to)
    assert open_destination(declared(office.port), settings).send(batch(bad)).rejected == {
        bad.row_id: "to is no e-mail address"
    }
    assert not office.letters


@pytest.mark.parametrize("name", ["x\r\nBcc: thief@example.com", "x\nBcc: thief@example.com", "x\u2028Bcc: t@x.yz",
                                  "x\r\n\r\nbody", "ก\x00\x0b\r\n To: t@x.yz"])  # fmt: skip
def test_no_field_becomes_a_header(office: Office, settings: Settings, name: str) -> None:
    open_destination(declared(office.port), settings).send(batch(row(1, name=name)))
    ((to, letter),) = office.letters
    assert to == "p1@example.com" and letter["bcc"] is None and letter.get_all("to") == ["p1@example.com"]
    assert letter["subject"].startswith("ถึง ") and "\n" not in letter["subject"]


def test_what_the_server_says_of_an_address_is_of_that_row_alone(office: Office, settings: Settings) -> None:
    rows = [row(number) for number in range(6)]
    office.addresses = {
        "p0@example.com": "550 5.1.1 p0@example.com unknown", "p1@example.com": "451 4.7.1 greylisted",
        "p2@example.com": "refuse and hang up",
    }  # fmt: skip
    office.texts = ["554 5.7.1 spam", "452 4.2.2 full"]
    answer = open_destination(declared(office.port), settings).send(batch(*rows))
    assert answer.rejected == {
        rows[0].row_id: "status 550 5.1.1", rows[2].row_id: "status 550 5.1.1", rows[3].row_id: "status 554 5.7.1"
    }  # fmt: skip
    assert answer.postponed == {rows[1].row_id: "status 451 4.7.1", rows[4].row_id: "status 452 4.2.2"}
    assert [to for to, _ in office.letters] == ["p5@example.com"]


@pytest.mark.parametrize("fault", ["hang up before", "hang up after", "late"])
def test_what_was_in_the_air_is_not_sent_again(office: Office, settings: Settings, fault: str) -> None:
    rows = [row(number) for number in range(3)]
    office.texts = ["250 OK", fault]
    target = open_destination(declared(office.port), settings)
    with pytest.raises(UnavailableError):
        target.send(batch(*rows))
    assert target.send(batch(*rows)).rejected == {rows[1].row_id: IN_DOUBT}
    assert [to for to, _ in office.letters].count("p0@example.com") == 1
    assert len(office.letters) == (2 if fault == "hang up before" else 3)
    # Nor when it goes out under another id, since something about the person changed.
    changed = dataclasses.replace(rows[1], row_id=row_id("hello", "p1", 2))
    assert target.send(batch(changed)).rejected == {changed.row_id: IN_DOUBT}


@pytest.mark.parametrize("said", ["200 queued", "252 2.0.0 queued", "299 OK"])
def test_any_yes_after_the_text_is_one(office: Office, settings: Settings, said: str) -> None:
    office.texts = [said]
    target = open_destination(declared(office.port), settings)
    assert all(target.send(batch(row(1))) == target.send(batch()) for _ in range(2))
    assert len(office.letters) == 1


@pytest.mark.parametrize("said", ["unreadable", "354 go on", "199 what"])
def test_an_answer_that_says_nothing_leaves_it_in_doubt(office: Office, settings: Settings, said: str) -> None:
    office.texts = [said]
    target = open_destination(declared(office.port), settings)
    with pytest.raises(UnavailableError):
        target.send(batch(row(1)))
    for _ in range(2):
        assert target.send(batch(row(1))).rejected == {row(1).row_id: IN_DOUBT}
    assert len(office.letters) == (said == "unreadable")
    assert not target.send(batch(row(2))).rejected


def test_what_the_server_refused_for_now_goes_later(office: Office, settings: Settings) -> None:
    target = open_destination(declared(office.port), settings)
    for said in ("421 4.3.2 closing", "451 4.3.0 later"):
        office.texts = [said]
        try:
            assert target.send(batch(row(1))).postponed
        except UnavailableError as error:
            assert str(error) == "status 421 4.3.2"
    assert target.send(batch(row(1))).rejected == {}
    assert len(office.letters) == 1


def test_nobody_is_woken(office: Office, settings: Settings) -> None:
    quiet = row(1, time_zone="Asia/Bangkok", quiet_from_hour=0, quiet_to_hour=24)
    assert open_destination(declared(office.port), settings).send(batch(quiet)).postponed == {
        quiet.row_id: "quiet hours"
    }
    assert not office.letters


def test_a_refused_sender_ends_the_run(office: Office, settings: Settings) -> None:
    office.senders = ["451 4.3.0 busy", "550 5.7.1 not yours"]
    target = open_destination(declared(office.port), settings)
    for error in (UnavailableError, AccessRefusedError):
        with pytest.raises(error, match="sender"):
            target.send(batch(row(1)))


def test_over_tls_with_a_password_or_not_at_all(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted, context = make_certificate(tmp_path, "localhost")
    with open_office(Office(), tls=context, needs_login=True) as office:
        sync = declared(office.port, host="localhost", tls="starttls", user=USER, **{"secret": "mail"})
        with pytest.raises(AccessRefusedError, match="certificate"):
            open_destination(sync, settings).send(batch(row(1)))
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        open_destination(sync, settings).send(batch(row(1)))
        monkeypatch.setenv("CARDINAL_SECRET_MAIL", "wrong")
        with pytest.raises(AccessRefusedError, match="535") as raised:
            open_destination(sync, settings).send(batch(row(2)))
        assert "wrong" not in str(raised.value)
        assert len(office.letters) == 1
    with open_office(Office()) as office, pytest.raises(AccessRefusedError, match="no STARTTLS"):
        open_destination(declared(office.port, tls="starttls"), settings).send(batch(row(4)))
    with pytest.raises(UnavailableError):
        open_destination(sync, settings).send(batch(row(3)))


def test_wrong_declarations_are_told(settings: Settings) -> None:
    sound = declared()
    for changed, words in (
        ({"mode": "mirror"}, "mode must be append or event"),
        ({"columns": {"name": "full_name"}}, "columns must hold to"),
        ({"columns": {"to": "email", "name": "full_name"}}, "columns must hold time_zone, quiet_from_hour, quiet_to_"),
        ({"columns": {"to": "email", **TOLD}}, "subject.txt: name is none of the columns of sync hello"),
        ({"destination": declared(host="mail.example").destination}, "needs a user, and tls"),
        ({"destination": declared(host="mail.example", tls="starttls").destination}, "needs a user, and tls"),
        ({"destination": declared(unsubscribe_url="http://bank.example").destination}, "unsubscribe_url must begin"),
        ({"destination": declared(unsubscribe_url="https://b.example/\nBcc: x").destination}, "unsubscribe_url must"),
        ({"destination": declared(**{"unsubscribe_secret": "none"}).destination}, "CARDINAL_SECRET_NONE"),
        ({"destination": declared(template="../hello").destination}, "template must be the name of a folder"),
        ({"destination": declared(template="other").destination}, "template must be the name of a folder"),
        ({"destination": declared(**{"from": "news"}).destination}, "from must be an address"),
    ):
        with pytest.raises(SyncError, match=words):
            Mail.declared(dataclasses.replace(sound, **changed), settings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ name }", "body.txt, line 1"),
        ("{{ name }} {{ unsubscribe_url }}", "body.txt of its template must show why"),
        ("{{ why }}", "must show unsubscribe_url"),
        ("{{ why }} {{ unsubscribe_url }} {{ salary }}", "salary is none of the columns"),
    ],
)
def test_a_wrong_template_is_told_before_anything_leaves(settings: Settings, text: str, words: str) -> None:
    write_template(settings.project_dir, SUBJECT, text, HTML)
    with pytest.raises(SyncError, match=words):
        Mail.declared(declared(), settings)


@pytest.mark.parametrize("text", ["{{ 1 / name }}", "{{ name.upper().nothing.more }}", "{{ name.__class__.mro() }}"])
def test_a_row_that_does_not_fill_the_template_is_rejected_alone(office: Office, settings: Settings, text: str) -> None:
    write_template(settings.project_dir, SUBJECT, "{{ why }}{{ unsubscribe_url }}" + text, HTML)
    target = open_destination(declared(office.port), settings)
    (reason,) = target.send(batch(row(1))).rejected.values()
    assert reason.startswith("the template can't be filled (") and "สมชาย" not in reason


def test_a_preview_is_made_up(settings: Settings) -> None:
    shown = preview(declared(), settings)
    assert "Subject: ถึง [name]" in shown and "You agreed to news (marketing)." in shown and "<p>[name]</p>" in shown
    folder = dataclasses.replace(declared(), destination={"type": "folder"})
    with pytest.raises(SyncError, match="folder sends no messages"):
        preview(folder, settings)
