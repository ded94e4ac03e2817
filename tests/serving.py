"""A catalog behind an address of this machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def served(catalog: Any, **options: Any) -> Iterator[str]:
    """The pages and the interface of a catalog, on a free port; ``options`` are those of the application."""
    import uvicorn

    from errata.web.app import create_app

    app = create_app(catalog, title=catalog.project, **options)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
        assert thread.is_alive(), "the server did not start"
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()
