"""``errata serve``: the pages of a catalog, on this machine only unless told otherwise."""

from __future__ import annotations

import ipaddress
import json
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import click

from errata.cli.options import catalog_options, json_option
from errata.core.errors import MissingExtra, UsageError

if TYPE_CHECKING:
    from errata.client.catalog import Catalog

GRACE = 5.0
"""Seconds in which a job under way may come to a point where it can stop."""


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8151, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--allow-host", multiple=True, metavar="NAME", help="A host name it may be asked under; may repeat.")
@click.option(
    "--clearance",
    default="confidential",
    show_default=True,
    metavar="LEVEL",
    help="Without a token, records up to public, internal, confidential or restricted are seen.",
)
@click.option("--no-work", is_flag=True, help="Do no jobs: errata work does them, here or elsewhere.")
@click.option(
    "--most-upload",
    type=click.FloatRange(min=0),
    default=10,
    show_default=True,
    metavar="GB",
    help="The largest file that it takes.",
)
@catalog_options
@json_option
def command(
    host: str,
    port: int,
    allow_host: tuple[str, ...],
    clearance: str,
    no_work: bool,
    most_upload: float,
    catalog: str | None,
    project: str | None,
    as_json: bool,
) -> None:
    """Show the catalog as pages: what fails most, runs, findings, cases, plans, gates and jobs, which it also does.

    The pages are those of --project; jobs are done of every project.

    Listens on 127.0.0.1 only. Reading needs no sign-in: whoever reaches it sees all but what is restricted, or what
    --clearance says. A token sees as far as it is cleared.
    The pages need the extra 'serve', their charts the extra 'charts'.
    """
    try:
        import uvicorn

        from errata.web.app import create_app
    except ImportError as error:
        if error.name not in ("uvicorn", "fastapi", "jinja2", "starlette"):
            raise
        raise MissingExtra(
            "missing-extra",
            "the pages need an optional part of Errata",
            expected="the extra 'serve' (FastAPI, Jinja2 and uvicorn)",
            next="pip install 'errata[serve,charts]'",
        ) from error
    from errata.client.catalog import open_catalog
    from errata.nouns.sensitivity import seen

    opened = open_catalog(catalog, project=project)
    if opened.remote:
        from errata.client.transport import not_remote

        raise not_remote("serving", f"open {opened.address}, where it is served already")
    app = create_app(
        opened, hosts=allow_host, title=opened.project, clearance=clearance, most_upload=round(most_upload * 1e9)
    )
    listening = _listen(host, port)
    shown = f"http://{_authority(host)}:{listening.getsockname()[1]}/"
    if as_json:
        click.echo(json.dumps({"schema": "errata.serve/1", "url": shown}))
    else:
        click.echo(f"{shown}    Ctrl-C ends it.")
    if not _loopback(host):
        said = f"Anyone who can reach {host} can read {seen(clearance)} in this catalog: reading needs no sign-in."
        click.echo(said, err=True)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, server_header=False))
    with nullcontext() if no_work else _working(opened):
        server.run(sockets=[listening])


@contextmanager
def _working(catalog: Catalog) -> Iterator[None]:
    """One worker beside the pages; what it has not done at the end goes back into the queue."""

    def end(*_: object) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)  # the server hands it on when it has ended, and then it would end us at once
    worker = catalog.jobs.worker(every=True)
    thread = threading.Thread(target=worker.run_patiently, name="worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(GRACE)
        worker.let_go()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen(128)  # from here on a request waits instead of being refused
    except OSError as error:
        made.close()
        raise UsageError(
            "cannot-listen",
            f"cannot listen on {host}:{port}",
            expected="an address of this machine and a free port above 1023",
            found=error.strerror or str(error),
            next=f"errata serve --port {port + 1 if 0 < port < 65535 else 0}",
        ) from error
    return made


def _authority(host: str) -> str:
    if host in ("0.0.0.0", "::", ""):
        return "localhost"
    return f"[{host}]" if ":" in host else host


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
