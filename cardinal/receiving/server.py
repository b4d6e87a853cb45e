"""The receiver as a process: one for a home, on loopback unless somebody says otherwise."""

from __future__ import annotations

import uvicorn

from cardinal.errors import CardinalError
from cardinal.receiving.app import make_app
from cardinal.settings import Settings
from cardinal.single_run import single_run

# With the largest body, so much memory requests may take: a hundred megabytes.
MOST_REQUESTS = 100


def serve(settings: Settings, host: str, port: int, url: str | None) -> None:
    """Serve until somebody stops it; what was taken is released into the inbox then.

    Raises:
        CardinalError: Another receiver works on this home.
    """
    settings.outbox.mkdir(parents=True, exist_ok=True, mode=0o700)
    problem = CardinalError(f"another receiver is running on {settings.home}: stop it first")
    with single_run(settings.outbox / "receiving.lock", problem):
        # A line a request would hold addresses of links, which say no to messages in somebody's name.
        uvicorn.run(
            make_app(settings, url), host=host, port=port, access_log=False, log_level="warning",
            server_header=False, proxy_headers=False, limit_concurrency=MOST_REQUESTS, timeout_graceful_shutdown=10,
        )  # fmt: skip
