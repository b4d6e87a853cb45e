"""Where things lie and which market this is: the one place that reads the environment."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

PROJECT_DIR = Path(__file__).resolve().parents[1]


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
    country: str = "TH"
    currency: str = "THB"
    timezone: str = "Asia/Bangkok"
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
        """The DuckDB file that dbt builds."""
        return self.home / "warehouse.duckdb"

    @property
    def national_id_key_file(self) -> Path:
        """The key for national ids where the environment gives none."""
        return self.home / "secrets" / "national_id.key"

    def national_id_key(self) -> bytes:
        """Return the key under which national ids are hashed before they are stored.

        `CARDINAL_NATIONAL_ID_KEY` wins. Without it a random key is made once and kept beside the data with
        mode 0600, so that nothing is ever hashed with a key that stands in the repository.
        """
        from_environment = os.environ.get("CARDINAL_NATIONAL_ID_KEY", "")
        if from_environment:
            return from_environment.encode()
        if not self.national_id_key_file.exists():
            self.write_national_id_key(secrets.token_hex(32))
        return self.national_id_key_file.read_text().strip().encode()

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

    def subprocess_environment(self) -> dict[str, str]:
        """Return this process's environment with these settings in it, for programs that read them there."""
        return {
            **os.environ,
            "CARDINAL_HOME": str(self.home),
            "CARDINAL_COUNTRY": self.country,
            "CARDINAL_CURRENCY": self.currency,
            "CARDINAL_TIMEZONE": self.timezone,
        }


def load_settings() -> Settings:
    """Read the settings from the environment; every one has a default."""
    environment = os.environ
    return Settings(
        home=Path(environment.get("CARDINAL_HOME") or PROJECT_DIR / "data").resolve(),
        country=environment.get("CARDINAL_COUNTRY") or "TH",
        currency=environment.get("CARDINAL_CURRENCY") or "THB",
        timezone=environment.get("CARDINAL_TIMEZONE") or "Asia/Bangkok",
    )
