"""`cardinal receive`: take what comes back from those who were written to."""

from __future__ import annotations

from typing import Annotated

import typer

from cardinal.cli.output import say
from cardinal.errors import CardinalError
from cardinal.settings import load_settings


def receive(
    host: Annotated[str, typer.Option(help="Where to listen; put a proxy with TLS before it.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port.", min=1, max=65535)] = 8088,
    url: Annotated[
        str | None, typer.Option(help="Its public address, which Twilio signs.", metavar="https://...")
    ] = None,
) -> None:
    """Receive deliveries, opens, clicks, bounces, complaints and unsubscribes over HTTP, until it is stopped.

    What was taken is on the disk before it is answered. Who withdraws is left out of the next `cardinal activate
    apply` at once; the next `cardinal ingest` takes all of it into the lake. docs/guides/close-the-loop.md.

    Exit codes: 0 stopped; 1 another one runs on this home, or the extra isn't installed; 2 wrong usage.
    """
    try:
        from cardinal.receiving.server import serve
    except ModuleNotFoundError as error:
        raise CardinalError(f"the receiver needs {error.name}: pip install 'cardinal[receiver]'") from None

    say(f"Listening on http://{host}:{port}. Ctrl-C stops it.")
    serve(load_settings(), host, port, url)
