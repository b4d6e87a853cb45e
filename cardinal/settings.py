"""Where things lie and which market this is: the one place that reads the environment."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from cardinal.errors import CardinalError

PROJECT_DIR = Path(__file__).resolve().parents[1]
MARKET_FILE = "market.json"
DEMO_MARKET = {"country": "TH", "currency": "THB", "timezone": "Asia/Bangkok"}


@dataclass(frozen=True)
class Settings:
    """Settings of one Cardinal home.

    Attributes:
        home: Folder of all state (`CARDINAL_HOME`, default `data` in the project).
        country: ISO 3166-1 alpha-2 country of the bank (`CARDINAL_COUNTRY`).
        currency: ISO 4217 currency of the bank (`CARDINAL_CURRENCY`).
        timezone: IANA time zone in which the bank reports (`CARDINAL_TIMEZONE`).
        project_dir: Folder of the dbt project; its sources are the contracts.
    """

    home: Path
    country: str = DEMO_MARKET["country"]
    currency: str = DEMO_MARKET["currency"]
    timezone: str = DEMO_MARKET["timezone"]
    project_dir: Path = PROJECT_DIR

    @property
    def inbox(self) -> Path:
        """Where sources drop their files: `inbox/<source>/<table>/...`."""
        return self.home / "inbox"

    @property
    def lake(self) -> Path:
        """Typed, partitioned Parquet: `lake/<source>/<table>/ingest_date=.../<batch>.parquet`."""
        return self.home / "lake"

    @property
    def truth(self) -> Path:
        """What the demo bank knows about its people; never read by a model."""
        return self.home / "truth"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file in which dbt builds everything but marts."""
        return self.home / "warehouse.duckdb"

    @property
    def mart_files(self) -> dict[str, Path]:
        """The DuckDB files in which dbt builds marts, by the name under which it attaches them (profiles.yml).

        `serving` has no personal column, `restricted` shows people.
        """
        return {name: self.home / f"{name}_build.duckdb" for name in ("serving", "restricted")}

    @property
    def published(self) -> Path:
        """The snapshots of marts that readers read, and the link to the newest one."""
        return self.home / "published"

    @property
    def registry(self) -> Path:
        """The versions of the models that score, and which of them is champion."""
        return self.home / "registry"

    @property
    def quality(self) -> Path:
        """What the quality gates found: the site, the failing rows and the log of what was published in spite of it."""
        return self.home / "quality"

    @property
    def experiments(self) -> Path:
        """The reports of experiments."""
        return self.home / "experiments"

    @property
    def outbox(self) -> Path:
        """What destinations hold, what is on its way to them, and what they answered. It shows people."""
        return self.home / "outbox"

    @property
    def programmes(self) -> Path:
        """Where each person is in each programme."""
        return self.home / "programmes"

    def begin_home(self) -> None:
        """Make the home, which only its owner may enter, and write down its market where dbt finds it too."""
        self.home.mkdir(parents=True, exist_ok=True)
        market_file = self.home / MARKET_FILE
        if not market_file.exists():
            self.home.chmod(0o700)
            market = {name: getattr(self, name) for name in DEMO_MARKET}
            market_file.write_text(json.dumps(market, indent=2) + "\n", encoding="utf-8")

    @property
    def national_id_key_file(self) -> Path:
        """The key for national ids where the environment gives none."""
        return self.home / "secrets" / "national_id.key"

    def national_id_key(self) -> bytes:
        """Return the key under which national ids are hashed before they are stored.

        `CARDINAL_NATIONAL_ID_KEY` wins. Without it a random key is made once and kept beside the data with
        mode 0600, so that nothing is ever hashed with a key that stands in the repository.
        """
        key = os.environ.get("CARDINAL_NATIONAL_ID_KEY", "")
        if not key:
            if not self.national_id_key_file.exists():
                self.write_national_id_key(secrets.token_hex(32))
            key = self.national_id_key_file.read_text().strip()
        self._check_same_key(key)
        return key.encode()

    def _check_same_key(self, key: str) -> None:
        """Stop if this home's ids were hashed with another key: the same person would get another hash."""
        fingerprint = hmac.new(key.encode(), b"cardinal national ids", hashlib.sha256).hexdigest()[:16]
        kept = self.home / "secrets" / "national_id.fingerprint"
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            kept.write_text(fingerprint + "\n", encoding="utf-8")
        elif kept.read_text(encoding="utf-8").strip() != fingerprint:
            raise CardinalError(
                f"the national ids of {self.home} were hashed with another key than CARDINAL_NATIONAL_ID_KEY or"
                " secrets/national_id.key gives now: give that key again"
            )

    def has_national_id_key_in_environment(self) -> bool:
        """Whether the environment gives the key, so that none is kept in the home."""
        return bool(os.environ.get("CARDINAL_NATIONAL_ID_KEY"))

    def write_national_id_key(self, key: str) -> None:
        """Keep a key in the home, readable by its owner only. An existing key is never replaced."""
        path = self.national_id_key_file
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return
        with os.fdopen(descriptor, "w") as file:
            file.write(key + "\n")

    def postgres_url(self) -> str | None:
        """Return where serving marts are published in PostgreSQL (`CARDINAL_POSTGRES_URL`), if anywhere.

        It may hold a password: it is no attribute, so that it isn't shown with the settings, and nobody may log it.
        """
        return os.environ.get("CARDINAL_POSTGRES_URL") or None

    def secret(self, name: str) -> str | None:
        """Return the secret of a destination (`CARDINAL_SECRET_<NAME>`), if there is one. Nobody may log it."""
        return os.environ.get(f"CARDINAL_SECRET_{name.upper()}") or None

    def sheets_url(self) -> str:
        """Return where the Google Sheets API is (`CARDINAL_SHEETS_URL`)."""
        return os.environ.get("CARDINAL_SHEETS_URL") or "https://sheets.googleapis.com"

    def sheets_token(self) -> str | None:
        """Return the OAuth token that may read sheets (`CARDINAL_SHEETS_TOKEN`), if any; nobody may log it."""
        return os.environ.get("CARDINAL_SHEETS_TOKEN") or None

    def dbt_target(self) -> Path:
        """Return where dbt writes what it compiled (`DBT_TARGET_PATH`, default `target` in the project)."""
        return Path(os.environ.get("DBT_TARGET_PATH") or self.project_dir / "target")

    def subprocess_environment(self) -> dict[str, str]:
        """Return this process's environment with these settings in it, for programs that read them there."""
        return {
            **os.environ,
            "CARDINAL_HOME": str(self.home),
            "CARDINAL_COUNTRY": self.country,
            "CARDINAL_CURRENCY": self.currency,
            "CARDINAL_TIMEZONE": self.timezone,
        }


def load_settings(bank: dict[str, str] | None = None) -> Settings:
    """Read the settings of a home.

    The market is what the environment says, else what the home was begun with, else what `bank` says (a bank whose
    market is known, for a home that isn't begun yet), else the demo market. A home has one market for good, because
    what was built with another would stay in the warehouse: CardinalError if the environment contradicts it.
    """
    environment = os.environ
    home = Path(environment.get("CARDINAL_HOME") or PROJECT_DIR / "data").resolve()
    market_file = home / MARKET_FILE
    begun = json.loads(market_file.read_text(encoding="utf-8")) if market_file.exists() else {}
    market = {}
    for name, default in DEMO_MARKET.items():
        said = environment.get(f"CARDINAL_{name.upper()}")
        if said and begun.get(name, said) != said:
            raise CardinalError(
                f"CARDINAL_{name.upper()} is {said}, but {home} was begun with {begun[name]}:"
                " unset it, or take another CARDINAL_HOME for another bank."
            )
        market[name] = said or begun.get(name) or (bank or {}).get(name) or default
    _check_market(market)
    return Settings(home, market["country"], market["currency"], market["timezone"])


def _check_market(market: dict[str, str]) -> None:
    if not re.fullmatch("[A-Z]{2}", market["country"]):
        raise CardinalError(f"CARDINAL_COUNTRY is {market['country']}: give two letters of ISO 3166-1, such as TH")
    if not re.fullmatch("[A-Z]{3}", market["currency"]):
        raise CardinalError(f"CARDINAL_CURRENCY is {market['currency']}: give three letters of ISO 4217, such as THB")
    try:
        ZoneInfo(market["timezone"])
    except (KeyError, ValueError, OSError):
        raise CardinalError(f"CARDINAL_TIMEZONE is {market['timezone']}: give a name such as Asia/Bangkok") from None


@contextmanager
def environment_of_children(**values: str) -> Iterator[None]:
    """Let processes that are started meanwhile find these variables in their environment."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
