"""One small demo bank, walked through the house once, for all tests that only look at it or copy it."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest

from cardinal.demo.bank import generate_bank
from cardinal.ingestion.run import ingest
from tests.integration.house import House

SEED, GROWN_SEED = 11, 7


class SharedHouse(House):
    """A home that many tests look at: what a run changes would show in whichever test comes next."""

    def dbt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        assert not {"build", "run", "seed", "snapshot", "test"} & set(arguments), (
            "copy the house before dbt writes in it"
        )
        return super().dbt(*arguments)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that look at the house come after those that make homes of their own: but for the first, which builds it
    while the other worker has something to do."""
    here = [item for item in items if item.path.parent == Path(__file__).parent]
    looking = {item.path for item in here if "house" in item.fixturenames and not hasattr(item.module, "house")}
    # Not one that is left out because all its tests are slow.
    first = next((item.path for item in here if item.path in looking and not item.get_closest_marker("slow")), None)
    places = [place for place, item in enumerate(items) if item.path.parent == Path(__file__).parent]
    here.sort(key=lambda item: (item.path != first, item.path in looking))
    for place, item in zip(places, here, strict=True):
        items[place] = item


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """The first worker that needs the house builds it; each worker has a copy, because DuckDB locks its files."""
    print(f"seed {SEED}")
    own = SharedHouse(tmp_path_factory.mktemp("house"))
    base = tmp_path_factory.getbasetemp()
    built = House((base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "built_house")
    with (built.home.parent / "built_house.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (built.home / "is_built").exists():
            _build(built)
    shutil.copytree(built.home, own.home, dirs_exist_ok=True)
    return own


def _build(house: House) -> None:
    shutil.rmtree(house.home, ignore_errors=True)
    generate_bank(house.settings, persons=250, months=3, seed=SEED, until=date(2026, 10, 20))
    ingest(house.settings)
    house.build()
    (house.home / "is_built").touch()


@pytest.fixture(scope="session")
def grown_house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A demo bank of two years, built once for the slow tests that judge what was learned of it by the truth."""
    house = House(tmp_path_factory.mktemp("grown") / "home")
    generate_bank(house.settings, persons=3_000, months=24, seed=GROWN_SEED, until=date(2026, 10, 31))
    ingest(house.settings)
    house.run()
    print(f"seed {GROWN_SEED}")
    return house
