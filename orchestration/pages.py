"""Dagster's pages on this home: `make dev`."""

from __future__ import annotations

import os
import sys

from cardinal.settings import environment_of_children, load_settings
from orchestration.lib.instance import UI_LOCK, alive, dagster_home, open_instance

MODULE = "orchestration.definitions"


def main() -> int:
    """Serve the pages, and the daemon that schedules and senses, until they are ended."""
    settings = load_settings()
    home = dagster_home(settings)
    places = {"DAGSTER_HOME": str(home), "CARDINAL_HOME": str(settings.home)}
    command = [sys.executable, "-m", "dagster", "dev", "-m", MODULE, "-d", str(settings.project_dir)]
    with alive(settings, UI_LOCK), environment_of_children(**places):
        # What an earlier server left when it was killed. This one's lock tells others that it lives.
        open_instance(settings).dispose()
        return os.spawnv(os.P_WAIT, sys.executable, command)  # noqa: S606 - our own interpreter and fixed arguments


if __name__ == "__main__":
    sys.exit(main())
