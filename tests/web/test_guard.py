from __future__ import annotations

import httpx
import pytest

from errata.web.guard import Guard


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8151", "127.0.0.1:8151", "[::1]:8151", "10.0.0.5", "errata.lan"]
)
def test_names_of_this_server_are_admitted(host):
    assert Guard(app=None, hosts=["errata.lan"]).admits(host)


@pytest.mark.parametrize(
    "host", ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example:8151"]
)
def test_a_name_that_another_site_could_point_here_is_refused(host):
    assert not Guard(app=None, hosts=["errata.lan"]).admits(host)


def test_a_refused_host_sees_nothing_of_the_catalog(address):
    answer = httpx.get(f"{address}/runs", headers={"host": "evil.example"})
    assert answer.status_code == 421
    assert "pets" not in answer.text
    assert "errata serve --allow-host NAME" in answer.text


def test_every_answer_carries_the_policy(address):
    for path in ("/", "/nowhere", "/api/runs", "/static/errata.css"):
        headers = httpx.get(address + path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_head_is_get_without_a_body(address):
    answer = httpx.head(f"{address}/runs")
    assert answer.status_code == 200
    assert answer.content == b""
