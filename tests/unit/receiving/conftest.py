"""A home, with secrets in the environment, and a receiver on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cardinal.settings import Settings
from tests.unit.receiving.serving import ENVIRONMENT, Sender, receiving


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return Settings(tmp_path / "home")


@pytest.fixture
def sender(home: Settings) -> Iterator[Sender]:
    with receiving(home) as listening:
        yield listening
