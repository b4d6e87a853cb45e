"""The site of the gates: Great Expectations' pages made to work without a network, behind an index of our own.

Its pages fetch their styles and scripts from elsewhere, and its index is empty without them. A bank's network has no
elsewhere, so all of that is taken out, and styles.css takes its place within each page.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from cardinal.quality.report import Finding, GateReport

STYLES = Path(__file__).with_name("styles.css")
TITLES = {"landed": "What landed in the lake", "published": "What is published"}
# In the place of Great Expectations' own index, to which its pages lead.
TO_INDEX = '<!DOCTYPE html>\n<meta http-equiv="refresh" content="0; url=../index.html">\n'
# What would be fetched, and scripts, which do nothing without what they would fetch.
FETCHED = re.compile(
    r"<script\b.*?</script\s*>|<link\b[^>]*>|<img\b[^>]*https?://[^>]*>|<footer\b.*?</footer\s*>"
    r"|<p>\s*Stay current on everything GX.*?</p>",
    re.IGNORECASE | re.DOTALL,
)
REMOTE_URL = re.compile(r"url\(\s*['\"]?https?://[^)]*\)", re.IGNORECASE)


def finish_site(site: Path, reports: Sequence[GateReport]) -> None:
    """Make all pages of a site work offline, and write its index."""
    site.mkdir(parents=True, exist_ok=True)
    styles = STYLES.read_text(encoding="utf-8")
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        if styles not in text:
            page.write_text(_offline(text, styles), encoding="utf-8")
    for report in reports:
        shutil.rmtree(site / report.gate / "static", ignore_errors=True)
        (site / report.gate).mkdir(exist_ok=True)
        (site / report.gate / "index.html").write_text(TO_INDEX, encoding="utf-8")
    (site / "index.html").write_text(_index(site, reports, styles), encoding="utf-8")


def _offline(page: str, styles: str) -> str:
    page = REMOTE_URL.sub("none", FETCHED.sub("", page))
    return page.replace("</head>", f"<style>\n{styles}</style>\n</head>", 1)


def _index(site: Path, reports: Sequence[GateReport], styles: str) -> str:
    gates = "\n".join(_gate(site, report) for report in reports)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Quality gates</title>\n'
        f"<style>\n{styles}</style>\n</head>\n"
        f'<body class="index">\n<h1>Quality gates</h1>\n{gates or "<p>No gate has run yet.</p>"}\n</body>\n</html>\n'
    )


def _gate(site: Path, report: GateReport) -> str:
    critical, warning = report.failed("critical"), report.failed("warning")
    state = "failed" if critical else "warned" if warning else "passed"
    summary = (
        f"{escape(report.batch)}, looked at {report.ran_at:%Y-%m-%d %H:%M} UTC: {len(report.findings):,} expectations,"
        f" {len(critical)} failed, {len(warning)} warnings."
    )
    notes = "".join(f'<p class="note">{escape(note)}.</p>\n' for note in report.notes)
    failed = _failed([*critical, *warning]) if critical or warning else ""
    return (
        f'<h2 class="{state}">{TITLES[report.gate]}: {state}</h2>\n<p>{summary}</p>\n{notes}{failed}'
        f"{_tables(site, report)}"
    )


def _failed(findings: Iterable[Finding]) -> str:
    rows = "".join(
        f'<tr class="{finding.severity}"><td>{finding.severity}</td><td>{escape(finding.table)}</td>'
        f"<td>{escape(finding.rule)}</td><td>{escape(finding.expected)}</td><td>{escape(finding.found)}</td>"
        f"<td>{escape(finding.rows_file or '')}</td></tr>\n"
        for finding in findings
    )
    header = "<tr><th>severity</th><th>table</th><th>rule</th><th>expected</th><th>found</th><th>rows in</th></tr>"
    return f"<table>\n{header}\n{rows}</table>\n"


def _tables(site: Path, report: GateReport) -> str:
    rows = []
    for table in sorted({finding.table for finding in report.findings}):
        of_table = [finding for finding in report.findings if finding.table == table]
        failed = {finding.name for finding in of_table if not finding.is_met}
        pages = sorted((site / report.gate / "validations" / report.gate / table.replace(".", "/")).rglob("*.html"))
        name = f'<a href="{escape(str(pages[-1].relative_to(site)))}">{escape(table)}</a>' if pages else escape(table)
        state = f'<td class="failed">{len(failed)} not met</td>' if failed else '<td class="passed">all met</td>'
        rows.append(f"<tr><td>{name}</td><td>{len(of_table)}</td>{state}</tr>\n")
    if not rows:
        return ""
    header = "<tr><th>table</th><th>expectations</th><th></th></tr>"
    return f"<details open><summary>All tables</summary><table>\n{header}\n{''.join(rows)}</table></details>\n"
