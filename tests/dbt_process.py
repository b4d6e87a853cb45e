"""dbt in a process of its own for each run, without paying each time for loading dbt and parsing the project."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

_CONTEXT = multiprocessing.get_context("forkserver")
# What models in Python import in each build.
_LEARNING = ["sklearn.compose", "sklearn.ensemble", "sklearn.linear_model", "scipy.optimize"]
_CONTEXT.set_forkserver_preload(["dbt.cli.main", "dbt.adapters.duckdb", "jinja2", "sqlparse", *_LEARNING])
# What dbt last parsed of each project, for the homes in which it hasn't run yet.
_PARSED: dict[Path, Path] = {}
PARSED_NAME = "partial_parse.msgpack"


def run_dbt(*arguments: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run dbt in a folder to its end, as `dbt ...` on the command line would; its output in one text."""
    parsed = Path(environment["DBT_TARGET_PATH"]) / PARSED_NAME
    if folder in _PARSED and not parsed.exists() and _PARSED[folder].exists():
        parsed.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_PARSED[folder], parsed)
    with tempfile.TemporaryFile() as output:
        name = f"/proc/{os.getpid()}/fd/{output.fileno()}"
        process = _CONTEXT.Process(target=_become_dbt, args=(arguments, str(folder), environment, name))
        process.start()
        process.join()
        output.seek(0)
        text = output.read().decode(errors="replace")
    if parsed.exists():
        _PARSED[folder] = parsed
    assert process.exitcode is not None
    return subprocess.CompletedProcess(arguments, process.exitcode, text, "")


def _become_dbt(arguments: tuple[str, ...], folder: str, environment: dict[str, str], output: str) -> None:
    from dbt.adapters.duckdb.credentials import DuckDBCredentials
    from dbt.cli.main import cli

    # dbt parses anew if the profile is another one; where the files lie changes nothing in the project.
    keys = DuckDBCredentials._connection_keys
    DuckDBCredentials._connection_keys = lambda self: tuple(k for k in keys(self) if k not in {"path", "attach"})
    descriptor = os.open(output, os.O_WRONLY | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["dbt", *arguments]
    cli(["--no-use-colors", *arguments])
