"""The Makefile is a newcomer's first door: it must say what there is, and what is missing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from cardinal.settings import PROJECT_DIR

TARGETS = ("setup", "demo", "test", "test-slow", "lint", "docs", "bench", "clean")


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


def test_setup_does_nothing_when_nothing_changed(folder: Path) -> None:
    stamp = folder / ".venv" / ".installed"
    stamp.parent.mkdir()
    stamp.touch()
    assert make(folder, "--question", "setup", "PYTHON=python-that-is-not-there").returncode == 0
    (folder / "uv.lock").touch()
    assert make(folder, "--question", "setup", "PYTHON=python-that-is-not-there").returncode == 1
