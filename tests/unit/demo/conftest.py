"""One small demo bank, made once for all tests that only look at it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from cardinal.demo.bank import BankReport, generate_bank
from cardinal.settings import Settings
from tests.unit.demo.world import World, make_world

PERSONS, MONTHS, SEED, UNTIL = 600, 4, 12, date(2026, 10, 31)


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, BankReport]:
    settings = Settings(home=tmp_path_factory.mktemp("bank"))
    return settings, generate_bank(settings, PERSONS, MONTHS, SEED, UNTIL)


@pytest.fixture(scope="session")
def home(bank: tuple[Settings, BankReport]) -> Path:
    return bank[0].home


@pytest.fixture(scope="session")
def world() -> World:
    return make_world()
