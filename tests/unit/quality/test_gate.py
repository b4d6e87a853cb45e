"""A gate from end to end, with Great Expectations: its import takes seconds, so few runs prove much."""

from __future__ import annotations

import json
import re
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cardinal.quality.decisions import LOG, QualityError, decide
from cardinal.quality.gate import check_landed, check_published
from tests.unit.quality.small_lake import begin, deliver, deliver_weeks, no_progress, write_marts

# Names, addresses and amounts of the small lake; none may get out of it.
PERSONAL = ("ann1", "example.com", "kind words", "Ann Example")


@pytest.fixture
def settings(tmp_path: Path):
    return begin(tmp_path)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Refuse and note every connection."""
    attempts: list[object] = []

    def refuse(_: socket.socket, address: object) -> None:
        attempts.append(address)
        raise OSError("no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    return attempts


def test_a_day_with_faults_is_told_of_everywhere_but_shows_nobody(settings, no_network):
    deliver(settings, deliver_weeks(settings), rows=180, note="null")
    report = check_landed(settings, no_progress)
    assert {finding.name for finding in report.failed("critical")} == {"shop.sales:rows", "shop.sales:empty:note"}
    assert not report.passed
    rows = next(finding for finding in report.failed("critical") if finding.rule == "empty:note").rows_file
    assert rows is not None
    path = settings.quality / rows
    lines = path.read_text().splitlines()
    assert lines[0] == "sale_no,_batch_id,_row"
    assert len(lines) == 181
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700

    pages = list((settings.quality / "site").rglob("*.html"))
    index = (settings.quality / "site" / "index.html").read_text()
    assert "180 rows" in index
    assert rows in index
    links = re.findall(r'<a href="([^"]+)"', index)
    assert len(links) == 1
    assert (settings.quality / "site" / links[0]).is_file()
    for page in pages:
        text = page.read_text()
        assert not re.search(r"(src|href)\s*=\s*[\"']?https?://(?!greatexpectations\.io[\"'])", text), page
        assert "<script" not in text
        assert not re.search(r"url\(\s*['\"]?http", text)
    for file in settings.quality.rglob("*"):
        text = file.read_text() if file.is_file() else ""
        assert not [word for word in PERSONAL if word in text], file
    assert no_network == []

    # A sound run afterwards takes the rows and the words of the last one away.
    (settings.lake / "shop" / "sales" / f"ingest_date={report.batch}" / "0.parquet").unlink()
    assert check_landed(settings, no_progress).passed
    assert not path.exists()
    assert "180 rows" not in (settings.quality / "site" / "index.html").read_text()


def test_both_gates_are_on_the_site_and_publishing_in_spite_is_logged(settings):
    check_landed(settings, no_progress)
    write_marts(settings, offers="'p' || range as person_id, range / 10 as response_rate")
    report = check_published(settings, settings.mart_files)
    index = (settings.quality / "site" / "index.html").read_text()
    assert "nothing has arrived in the lake yet" in index
    assert "What is published: failed" in index
    (finding,) = report.failed("critical")
    assert finding.name == "marts.offers:share:response_rate"
    assert (settings.quality / str(finding.rows_file)).read_text().splitlines()[0] == "person_id"

    with pytest.raises(QualityError, match=r"--despite-quality marts\.offers:share:response_rate"):
        decide(report, ["marts.offers:rows"], settings.quality)
    assert not (settings.quality / LOG).exists()
    decide(report, [finding.name], settings.quality)
    (line,) = (settings.quality / LOG).read_text().splitlines()
    said = json.loads(line)
    assert said["build"] == "build-1"
    assert list(said["in_spite_of"]) == [finding.name]


def test_other_commands_do_not_wait_for_the_import_of_great_expectations():
    loaded = "import sys, cardinal.cli.main, cardinal.quality.gate; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded], check=False).returncode == 0
