"""How many events a second the receiver takes, and how long a request waits for the disk.

The receiver is a process of its own on a home of its own, as `cardinal receive` starts it. Signed requests come over
connections that stay open: batches of 100 events, then one event each, then clicks on links that unsubscribe, each of
which is written to the journal too. The baseline is the same requests to an HTTP server that reads them, parses them
and keeps nothing.

    python -m benchmarks.receiving --seconds 5
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import ThreadingHTTPServer
from pathlib import Path

import httpx

from benchmarks.activation import Handler
from cardinal.activation.destinations.webhook import sign
from cardinal.activation.unsubscribe import make_token

KEY, UNSUBSCRIBE = b"a secret of the benchmark", "another"
Post = Callable[[httpx.Client, int], httpx.Response]


def posting(events: int) -> Post:
    """Return what posts so many events, no two of them the same."""

    def post(client: httpx.Client, number: int) -> httpx.Response:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        listed = [
            {"kind": "delivered" if place % 2 else "opened", "id": str(uuid.UUID(int=number * 1000 + place)),
             "occurred_at": now}
            for place in range(events)
        ]  # fmt: skip
        body, moment, message = json.dumps({"events": listed}).encode(), int(time.time()), f"m{number}_{events}"
        signed = sign(KEY, message, moment, body)
        headers = {"webhook-id": message, "webhook-timestamp": str(moment), "webhook-signature": signed}
        return client.post("/events/mailer", content=body, headers=headers)

    return post


def unsubscribe(client: httpx.Client, number: int) -> httpx.Response:
    """Click on a link."""
    return client.post(f"/u/{make_token(UNSUBSCRIBE.encode(), 'win_back', f'p{number:024}')}", content=b"{}")


def measure(url: str, post: Post, seconds: float, connections: int) -> tuple[float, float]:
    """Post for so long; returns requests a second and the time within which 99 of 100 were answered."""
    waits: list[float] = []
    # A client takes longer to make than a request to answer.
    clients = [httpx.Client(base_url=url, timeout=60) for _ in range(connections)]
    began = time.perf_counter()

    def work(worker: int, client: httpx.Client) -> None:
        number = worker * 10_000_000
        while time.perf_counter() < began + seconds:
            number += 1
            started = time.perf_counter()
            post(client, number).raise_for_status()
            waits.append(time.perf_counter() - started)

    with ThreadPoolExecutor(connections) as pool:
        for done in [pool.submit(work, worker, client) for worker, client in enumerate(clients)]:
            done.result()
    elapsed = time.perf_counter() - began
    for client in clients:
        client.close()
    waits.sort()
    return len(waits) / elapsed, waits[int(len(waits) * 0.99)]


def start(home: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start the receiver and wait until it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    secrets = {
        "CARDINAL_SECRET_MAILER": "whsec_" + base64.b64encode(KEY).decode(), "CARDINAL_SECRET_UNSUBSCRIBE": UNSUBSCRIBE,
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "cardinal", "receive", "--port", str(port)],
        env={**os.environ, **secrets, "CARDINAL_HOME": str(home)}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            if httpx.get(f"{url}/health").is_success:
                return process, url
        except httpx.HTTPError:
            time.sleep(0.1)
    raise SystemExit("the receiver didn't start")


def main() -> None:
    """Read the sizes from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5)
    seconds = parser.parse_args().seconds
    baseline = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=baseline.serve_forever, daemon=True).start()
    print("| what | events a second | 99 of 100 within | x baseline |\n|---|---|---|---|")
    kinds: list[tuple[str, Post, int, int]] = [
        ("100 events a request, 4 connections", posting(100), 100, 4),
        ("1 event a request, 16 connections", posting(1), 1, 16),
        ("clicks that unsubscribe, 16 connections", unsubscribe, 1, 16),
    ]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        process, url = start(home)
        try:
            for what, post, events, connections in kinds:
                bare, _ = measure(f"http://127.0.0.1:{baseline.server_port}", post, seconds, connections)
                speed, wait = measure(url, post, seconds, connections)
                print(f"| {what} | {speed * events:,.0f} | {wait * 1000:,.0f} ms | {bare / speed:.1f} |")
            memory = Path(f"/proc/{process.pid}/status").read_text().split("VmHWM:")[1].split()[0]
        finally:
            process.terminate()
            process.wait()
        files = list((home / "inbox").rglob("*.jsonl"))
        print(f"{len(files)} files, {sum(path.stat().st_size for path in files) / 1e6:,.0f} MB in the inbox;", end=" ")
        print(f"peak {int(memory) / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
