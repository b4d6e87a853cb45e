"""dbt, in a process that ends with the one that started it: nothing may write the warehouse unseen.

`python -m cardinal.dbt_process <pid of who starts it> <arguments of dbt>`
"""

from __future__ import annotations

import os
import sys
from threading import Thread
from time import sleep

LOOK_SECONDS = 0.5


def command(*arguments: str) -> list[str]:
    """Return the command that runs dbt with these arguments for as long as this process lives."""
    return [sys.executable, "-m", "cardinal.dbt_process", str(os.getpid()), *arguments]


def end_with(parent: int) -> None:
    """End this process, in the midst of whatever it does, when its parent has gone."""

    def watch() -> None:
        while os.getppid() == parent:
            sleep(LOOK_SECONDS)
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def main() -> None:
    """Run dbt."""
    end_with(int(sys.argv.pop(1)))
    from dbt.cli.main import cli

    cli()


if __name__ == "__main__":
    main()
