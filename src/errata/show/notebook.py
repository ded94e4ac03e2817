"""A report in a notebook: the same table as on its page, small enough for a cell, with no style of its own to fight."""

from __future__ import annotations

from html import escape

from errata.nouns.report import Report
from errata.show import words
from errata.show.charts.chart import STATIC
from errata.show.rows import FindingRow, finding_rows


def report_html(report: Report) -> str:
    """HTML for a notebook's cell. Needs no extra: intervals are drawn as inline SVG, the larger charts are left out."""
    parts = [
        f"<style>{_scoped_tokens()}</style>",
        '<div class="errata-report">',
        f"<p><strong>{escape(words.headline(report))}</strong><br><small>{escape(words.read_as(report))}</small></p>",
    ]
    heading = words.metric_words(words.metric_of(report)).heading
    if report.slices():
        parts.append(_table("where", heading, finding_rows(report.slices())))
    parts.append(f"<p>{escape(words.verdict(report))}</p>")
    if report.confusions():
        parts.append(_table("confused", "share", finding_rows(report.confusions(), lambda _: report.roles)))
    if line := words.calibration(report):
        parts.append(f"<p>{escape(line)}</p>")
    parts.append("</div>")
    return "\n".join(parts)


def _table(heading: str, share: str, rows: list[FindingRow]) -> str:
    head = f"<tr><th>{heading}</th><th>above the rest</th><th>{share}</th><th>rate</th><th></th><th>rest</th></tr>"
    body = "".join(
        f"<tr><td><code>{escape(row.place)}</code></td><td>{row.excess} ({escape(row.floor)})</td><td>{row.share}</td>"
        f"<td><strong>{row.rate}</strong> {row.interval}</td><td>{row.drawn}</td><td>{row.rest}</td></tr>"
        for row in rows
    )
    return f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"


def _scoped_tokens() -> str:
    tokens = (STATIC / "tokens.css").read_text(encoding="utf-8")
    # A notebook has its own page: the tokens must name colours for this cell and nothing else.
    start, end = tokens.index(":root {"), tokens.index(':root[data-theme="light"]')
    return tokens[start:end].replace(":root", ".errata-report", 1).replace("color-scheme: light dark;", "", 1)
