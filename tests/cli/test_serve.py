from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from tests.schemas import agrees_by_name

pytest.importorskip("fastapi", reason="the extra serve is not installed")


@pytest.fixture
def catalog(tmp_path):
    from errata.client.catalog import init_catalog

    init_catalog(tmp_path, project="pages").close()
    return tmp_path / ".errata"


def serve(catalog, *options):
    command = [sys.executable, "-m", "errata.cli", "serve", "--catalog", str(catalog), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ})


def test_it_says_where_it_listens_answers_there_and_ends_on_ctrl_c(catalog):
    process = serve(catalog, "--port", "0", "--json")
    try:
        told = json.loads(process.stdout.readline())
        agrees_by_name(told)
        url = told["url"]
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", url)
        with urllib.request.urlopen(url, timeout=20) as answer:
            assert "Nothing is logged yet" in answer.read().decode()
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert "Traceback" not in said


def test_a_port_that_is_taken_is_an_error_with_the_next_one(catalog):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = serve(catalog, "--port", str(port))
        _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert said.startswith(f"error[cannot-listen]: cannot listen on 127.0.0.1:{port}")


def test_without_a_catalog_nothing_is_made(tmp_path):
    process = serve(tmp_path / "none")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "error[no-catalog]" in said
    assert not (tmp_path / "none").exists()
