"""One small demo bank, walked through the house once, for all tests that only look at it or copy it."""

from __future__ import annotations

from datetime import date

import pytest

from cardinal.demo.bank import generate_bank
from cardinal.ingestion.run import ingest
from tests.integration.house import House

SEED = 11


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    print(f"seed {SEED}")
    built = House(tmp_path_factory.mktemp("house"))
    generate_bank(built.settings, persons=250, months=3, seed=SEED, until=date(2026, 10, 20))
    ingest(built.settings)
    built.build()
    return built
