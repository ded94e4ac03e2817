from __future__ import annotations

from markdown_it import MarkdownIt

from errata.show.markdown import code, escaped, gate_markdown
from tests.show.gates import result


def test_a_gate_is_a_heading_and_a_table() -> None:
    lines = gate_markdown(result()).splitlines()
    assert lines[0] == (
        r"### ● errata gate: fail · 1 of 5 checks fails, 3 inconclusive · visits\_v2.parquet against visits\_v1.parquet"
    )
    assert lines[4] == (
        "| ▲ fail | rare visits<br>`truth = 'rare'` | `error <= baseline + 0.01` | "
        r"38.2 % → 41.1 % · \+2.9 pp \[\+1.4, \+4.3\] · 10,125 pairs<br>DIG\-4 came back |"
    )
    assert [line.split(" | ")[0] for line in lines[4:9]] == ["| ▲ fail", *["| ◆ inconclusive"] * 3, "| ✓ pass"]


def test_what_a_check_is_called_starts_no_markup() -> None:
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(gate_markdown(result()))
    assert "few &amp; &lt;odd&gt; | *names*" in html
    assert html.count("<tr>") == 6
    hostile = "<script>alert(1)</script> ![x](http://e.x/) @everyone `a` |"
    html = MarkdownIt("commonmark", {"html": True}).render(escaped(hostile))
    assert "<script" not in html
    assert "<img" not in html
    assert "<code" not in html


def test_code_may_hold_backticks_and_bars() -> None:
    assert code("a = 'x`y'") == "``a = 'x`y'``"
    assert code("a = '|'") == r"`a = '\|'`"
