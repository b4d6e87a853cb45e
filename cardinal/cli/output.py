"""How the command line speaks: results on stdout, progress and errors on stderr."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

PLAIN_STEPS = 10


class ProgressBar(Protocol):
    """Is told how far long work is."""

    def __call__(self, description: str, done: int, total: int) -> None:
        """Take note that `done` of `total` is done, and what is being done."""


def say(text: str = "") -> None:
    """Write a line of results."""
    Console(highlight=False, markup=False, soft_wrap=True).print(text)


def say_error(text: str) -> None:
    """Write what went wrong, on stderr."""
    Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(f"cardinal: {text}")


@contextmanager
def progress_bar(title: str) -> Iterator[ProgressBar]:
    """Show how far long work has come: a bar on a terminal, some lines elsewhere."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield _plain_progress(title, console)
        return
    columns = (TextColumn("{task.fields[title]}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("[dim]{task.description}"), console=console, transient=True) as progress:
        task = progress.add_task("", title=title, total=None)

        def show(description: str, done: int, total: int) -> None:
            progress.update(task, description=description, completed=done, total=total or None)

        yield show


def _plain_progress(title: str, console: Console) -> ProgressBar:
    """Write a line at each tenth of the work; a log has no use for more."""
    said = -1

    def show(description: str, done: int, total: int) -> None:
        nonlocal said
        if not total:
            return
        step = done * PLAIN_STEPS // total
        if step > said:
            said = step
            console.print(f"{title}: {100 * done // total} %", markup=False, soft_wrap=True)

    return show


def format_table(header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    """Return rows as aligned plain text: numbers to the right with thousands separated, text to the left."""
    cells = [tuple(row) for row in rows]
    body = [tuple(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row) for row in cells]
    numeric = [bool(cells) and all(isinstance(row[i], int) for row in cells) for i in range(len(header))]
    widths = [max(len(line[column]) for line in (header, *body)) for column in range(len(header))]
    lines = []
    for line in (header, *body):
        padded = (
            cell.rjust(width) if is_number else cell.ljust(width)
            for cell, width, is_number in zip(line, widths, numeric, strict=True)
        )
        lines.append(("  " + "  ".join(padded)).rstrip())
    return "\n".join(lines)


def format_size(size: float) -> str:
    """Return a number of bytes for people: 1.5 GB."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
