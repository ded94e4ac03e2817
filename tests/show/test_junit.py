from __future__ import annotations

from xml.etree import ElementTree

from errata.show.junit import gate_junit
from tests.show.gates import result


def test_a_gate_is_a_test_suite() -> None:
    root = ElementTree.fromstring(gate_junit(result()).encode())
    suite = root[0]
    counts = {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "5", "failures": "1", "errors": "3", "skipped": "0"}
    assert suite.get("name") == "visits_v2.parquet against visits_v1.parquet"
    assert [(case.get("name"), case[0].tag) for case in suite] == [
        ("overall", "system-out"),
        ("rare visits", "failure"),
        ("few & <odd> | *names*", "error"),
        ("nobody", "error"),
        ("loss", "error"),
    ]
    failure = suite[1][0]
    assert failure.get("message") == ("error <= baseline + 0.01: 38.2 % → 41.1 % · +2.9 pp [+1.4, +4.3] · 10,125 pairs")
    assert "DIG-4 came back" in (failure.text or "")
    assert "guards DIG-5" in (suite[2][0].text or "")
