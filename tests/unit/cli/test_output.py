"""What the command line writes where nobody looks at a terminal."""

from __future__ import annotations

import pytest

from cardinal.cli.output import format_size, format_table, progress_bar, say, say_error


def test_results_and_errors_go_to_different_streams(capsys: pytest.CaptureFixture[str]) -> None:
    say("[bold]as it is[/bold]")
    say_error("no folder")
    captured = capsys.readouterr()
    assert captured.out == "[bold]as it is[/bold]\n"
    assert captured.err == "cardinal: no folder\n"


def test_progress_without_a_terminal_is_a_line_a_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("Counting") as progress:
        for done in range(0, 1001):
            progress("numbers", done, 1000)
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert len(lines) == 11
    assert (lines[0], lines[-1]) == ("Counting: 0 %", "Counting: 100 %")


def test_nothing_to_do_is_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("Counting") as progress:
        progress("numbers", 0, 0)
    assert capsys.readouterr().err == ""


def test_table_aligns_numbers_to_the_right() -> None:
    table = format_table(("table", "rows"), [("a", 1), ("longer", 12345)])
    assert table.splitlines() == ["  table     rows", "  a            1", "  longer  12,345"]


def test_table_without_rows_is_its_header() -> None:
    assert format_table(("table", "rows"), []) == "  table  rows"


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (1_530_000_000, "1.5 GB"), (2.5e12, "2.5 TB")],
)
def test_sizes_are_for_people(size: float, text: str) -> None:
    assert format_size(size) == text
