"""Settings: what the environment says, and the key for national ids."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from cardinal.errors import CardinalError
from cardinal.settings import PROJECT_DIR, Settings, load_settings

NAMES = ("HOME", "COUNTRY", "CURRENCY", "TIMEZONE", "NATIONAL_ID_KEY", "POSTGRES_URL")


@pytest.fixture(autouse=True)
def no_settings_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(f"CARDINAL_{name}", raising=False)


def test_defaults_are_the_demo_market() -> None:
    settings = load_settings()
    assert settings.home == (PROJECT_DIR / "data").resolve()
    assert (settings.country, settings.currency, settings.timezone) == ("TH", "THB", "Asia/Bangkok")


def test_environment_wins_and_an_empty_value_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CARDINAL_HOME", str(tmp_path))
    monkeypatch.setenv("CARDINAL_COUNTRY", "CZ")
    monkeypatch.setenv("CARDINAL_CURRENCY", "")
    settings = load_settings()
    assert (settings.home, settings.country, settings.currency) == (tmp_path.resolve(), "CZ", "THB")


def test_home_does_not_depend_on_later_changes_of_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings().home == (PROJECT_DIR / "data").resolve()
    monkeypatch.setenv("CARDINAL_HOME", "bank")
    assert load_settings().home == (tmp_path / "bank").resolve()


def test_folders_lie_under_the_home(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    places = (
        settings.inbox,
        settings.lake,
        settings.truth,
        settings.warehouse,
        *settings.mart_files.values(),
        settings.published,
        settings.national_id_key_file,
    )
    assert all(place.is_relative_to(tmp_path) for place in places)
    assert len(set(places)) == len(places)


def test_key_of_the_environment_is_used_and_not_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CARDINAL_NATIONAL_ID_KEY", "from outside")
    settings = Settings(home=tmp_path)
    assert settings.national_id_key() == b"from outside"
    assert not settings.national_id_key_file.exists()


def test_without_one_a_random_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    one, other = Settings(home=tmp_path / "one"), Settings(home=tmp_path / "other")
    key = one.national_id_key()
    assert len(key) == 64
    assert one.national_id_key() == key
    assert other.national_id_key() != key
    assert stat.S_IMODE(one.national_id_key_file.stat().st_mode) == 0o600


def test_an_existing_key_is_never_replaced(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    settings.write_national_id_key("first")
    settings.write_national_id_key("second")
    assert settings.national_id_key() == b"first"


def test_the_address_of_postgres_is_no_part_of_what_settings_show(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path)
    assert settings.postgres_url() is None
    monkeypatch.setenv("CARDINAL_POSTGRES_URL", "postgresql://cardinal:hush@db/bi")
    assert settings.postgres_url() == "postgresql://cardinal:hush@db/bi"
    assert "hush" not in f"{load_settings()!r} {vars(load_settings())}"


def test_another_program_sees_these_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CARDINAL_COUNTRY", "TH")
    monkeypatch.setenv("UNRELATED", "kept")
    environment = Settings(
        home=tmp_path, country="CZ", currency="CZK", timezone="Europe/Prague"
    ).subprocess_environment()
    assert environment["CARDINAL_HOME"] == str(tmp_path)
    assert environment["CARDINAL_COUNTRY"] == "CZ"
    assert environment["CARDINAL_TIMEZONE"] == "Europe/Prague"
    assert environment["UNRELATED"] == "kept"


def test_a_home_keeps_the_market_it_was_begun_with(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("CARDINAL_HOME", str(home))
    begun = load_settings(bank={"country": "CZ", "currency": "CZK", "timezone": "Europe/Prague"})
    begun.begin_home()
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert load_settings() == begun
    monkeypatch.setenv("CARDINAL_CURRENCY", "CZK")
    assert load_settings() == begun
    monkeypatch.setenv("CARDINAL_CURRENCY", "THB")
    with pytest.raises(CardinalError, match=r"CARDINAL_CURRENCY is THB, but .* was begun with CZK"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"), [("COUNTRY", "Thailand"), ("CURRENCY", "baht"), ("TIMEZONE", "Bangkok"), ("TIMEZONE", "../x")]
)
def test_a_market_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"CARDINAL_{name}", value)
    with pytest.raises(CardinalError, match=f"CARDINAL_{name} is {value}"):
        load_settings()


def test_another_key_than_the_homes_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    key = settings.national_id_key()
    assert settings.national_id_key() == key
    monkeypatch.setenv("CARDINAL_NATIONAL_ID_KEY", "abc")
    with pytest.raises(CardinalError, match="hashed with another key"):
        settings.national_id_key()
    monkeypatch.setenv("CARDINAL_NATIONAL_ID_KEY", key.decode())
    assert settings.national_id_key() == key
