"""The Makefile is a newcomer's first door: it must say what there is, and what is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cardinal.settings import PROJECT_DIR

TARGETS = ("setup", "demo", "dev", "test", "test-slow", "lint", "docs", "bench", "clean")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("Makefile", "pyproject.toml", "uv.lock"):
        shutil.copy(PROJECT_DIR / name, tmp_path / name)
    return tmp_path


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def test_help_is_the_default_and_lists_every_target(folder: Path) -> None:
    done = make(folder)
    assert done.returncode == 0
    listed = [line.split()[1] for line in done.stdout.splitlines()]
    assert listed == ["help", *TARGETS]


def test_a_missing_python_is_named(folder: Path) -> None:
    done = make(folder, "setup", "PYTHON=python-that-is-not-there")
    assert done.returncode != 0
    assert "There is no 'python-that-is-not-there': install Python 3.11 or newer" in done.stderr
    assert not (folder / ".venv").exists()


def test_an_old_python_is_refused(folder: Path) -> None:
    old = folder / "old-python"
    old.write_text('#!/bin/sh\n[ "$1" = -V ] && echo "Python 3.9.18" && exit 0\nexit 1\n')
    old.chmod(0o755)
    done = make(folder, "setup", f"PYTHON={old}")
    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in done.stderr
    assert "Python 3.9.18" in done.stderr
    assert not (folder / ".venv").exists()


def test_setup_puts_pip_into_an_environment_without_it(folder: Path) -> None:
    """As `python -m venv --without-pip` and `uv venv` make it."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / ".venv"], check=True)
    uv = folder / ".venv/bin/uv"
    # Stands for what pip fetches; the check is whether pip is there to fetch it.
    (folder / "pip.conf").write_text("[install]\nno-index = true\nfind-links = nowhere\n")
    done = subprocess.run(
        ["make", "--no-print-directory", "setup"], cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PIP_CONFIG_FILE": str(folder / "pip.conf")},
    )  # fmt: skip
    assert not uv.exists()
    assert "No module named pip" not in done.stderr
    assert "No matching distribution found for uv" in done.stderr


def test_setup_does_nothing_when_nothing_changed(folder: Path) -> None:
    stamp = folder / ".venv" / ".installed"
    stamp.parent.mkdir()
    stamp.touch()
    # Files that were just written may be of one moment, or of one tick later than they are for `make`.
    written = stamp.stat().st_mtime
    for name in ("pyproject.toml", "uv.lock"):
        os.utime(folder / name, (written - 60, written - 60))
    assert make(folder, "--question", "setup", "PYTHON=python-that-is-not-there").returncode == 0
    os.utime(stamp, (written - 30, written - 30))
    (folder / "uv.lock").touch()
    assert make(folder, "--question", "setup", "PYTHON=python-that-is-not-there").returncode == 1
