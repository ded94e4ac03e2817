"""``errata work``: do the jobs of a catalog."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from functools import partial
from typing import Any

import click

from errata.cli.options import catalog_options, json_option

GRACE = 5.0
"""Seconds in which work under way may come to a point where it can stop."""


@click.command("work")
@click.option("--once", is_flag=True, help="Do what waits, then end.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="How many at a time.")
@click.option(
    "--lease",
    type=click.FloatRange(1, 86_400),
    default=60,
    show_default=True,
    help="Seconds after which a job of a worker that is not heard of is taken up by another.",
)
@json_option
@catalog_options
def command(once: bool, jobs: int, lease: float, as_json: bool, **options: Any) -> None:
    """Do the jobs that were asked for, until Ctrl-C or SIGTERM: then they go back into the queue.

    It does those of every project of the catalog, unless --project names one. Jobs that ended 30 days ago are removed.

    As many may run as there are machines that reach the catalog: each job is done by one of them, and once. With --json
    a line for each job that is let go of.
    """
    from errata.client.catalog import open_every
    from errata.show.job_text import line

    def told(worker: Any, job: Any) -> None:
        if as_json and job.state != "running":
            click.echo(json.dumps({**job.to_json(), "project": worker.project}, ensure_ascii=False))
        elif not as_json:
            click.echo(f"{worker.project}  {line(job)}" if several or worker.project != catalog.project else line(job))

    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    catalog = open_every(options["catalog"], project=options["project"])
    every = not options["project"]
    several = every and len(catalog.projects()) > 1
    workers = [catalog.jobs.worker(every=every, lease=lease) for _ in range(jobs)]
    for one in workers:
        one.told = partial(told, one)
    if not once and not as_json:
        whom = ", ".join(catalog.projects()) if several else catalog.project
        click.echo(f"Working for {whom}.    Ctrl-C ends it.", err=True)
    taken: list[int] = []
    failures: list[BaseException] = []

    def work(worker: Any) -> None:
        try:
            taken.append(worker.run(once=once))
        except BaseException as exc:
            failures.append(exc)
            stopped.set()

    threads = [threading.Thread(target=work, args=[worker], daemon=True) for worker in workers]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) and not stopped.wait(0.1):
        pass
    for worker in workers:
        worker.stop()
    for thread in threads:
        thread.join(GRACE / jobs)
    if any(thread.is_alive() for thread in threads):
        for worker in workers:
            worker.let_go()
        sys.stdout.flush()
        os._exit(0)  # what still counts somewhere deep changes nothing any more, and need not be waited for
    catalog.close()
    if failures:
        raise failures[0]
    if once and not as_json and not sum(taken):
        click.echo("No job waits.\nerrata job submit analyze run:N")
