# SPDX-License-Identifier: Apache-2.0
"""How many webhooks a second the bridge acknowledges, each stored before, and whether any is lost.

`python -m benchmarks.bridge` starts a bridge's two processes, inbox and work, over a SQLite file or the
database of --database, and a helpdesk of several connections that sends signed deliveries as fast as they
are acknowledged.
"""

from __future__ import annotations

import argparse
import asyncio
import hmac
import json
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from sqlalchemy import func, select

from makegood.bridge.schema import deliveries, outgoing
from makegood.database import Database

SECRET = "of this benchmark alone"  # noqa: S105
DESK = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
AGENT = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
_STARTS_WITHIN = 60.0
_ENDS_WITHIN = 1_800.0


def main() -> None:
    """Print one line a figure; ends with 1 where a delivery was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--database", default="", help="a database's URL; else a SQLite file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bridge-") as name:
        folder = Path(name)
        database = given.database or f"sqlite:///{folder / 'makegood.sqlite'}"
        port = _free_port()
        settings = _settings(folder, database, port)
        command = [sys.executable, "-m", "makegood", "bridge"]
        with (folder / "log").open("wb") as log:
            processes = [
                subprocess.Popen([*command, *part, "--settings", str(settings)], stdout=log, stderr=log)
                for part in (("run", "--no-work"), ("work",))
            ]
        try:
            _wait(port, processes[0], folder / "log")
            lost = _measure(given.deliveries, given.connections, port, database)
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(60)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"the bridge's memory at most  {used.ru_maxrss / 1_024:>9,.0f} MiB")
    print(f"its processor time           {used.ru_utime + used.ru_stime:>9,.1f} s")
    sys.exit(1 if lost else 0)


def _measure(count: int, connections: int, port: int, database: str) -> int:
    begun = time.monotonic()
    statuses, slowest = asyncio.run(_send(count, connections, port))
    took = time.monotonic() - begun
    opened = Database(database)
    while (worked := _rows(opened, worked=True)) < count and time.monotonic() - begun < _ENDS_WITHIN:
        time.sleep(0.5)
    whole = time.monotonic() - begun
    stored = _rows(opened, worked=False)
    opened.close()
    lost = statuses[200] - stored
    print(f"webhooks sent                {count:>9,}")
    print(f"acknowledged                 {statuses[200]:>9,}")
    print(f"acknowledged a second        {statuses[200] / took:>9,.0f}")
    print(f"slowest answer               {slowest * 1_000:>9,.0f} ms")
    print(f"lost                         {lost:>9,}")
    print(f"given to the batches         {worked:>9,}")
    print(f"given a second               {worked / whole:>9,.0f}")
    return lost


def _rows(opened: Database, *, worked: bool) -> int:
    query = select(func.count()).select_from(outgoing if worked else deliveries)
    if worked:
        query = query.where(outgoing.c.state == "done")
    with opened.reading() as connection:
        return int(connection.execute(query).scalar_one())


async def _send(count: int, connections: int, port: int) -> tuple[Counter[int], float]:
    left = iter(range(count))
    statuses: Counter[int] = Counter()
    slowest = 0.0

    async def helpdesk() -> None:
        nonlocal slowest
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in left:
            writer.write(_request(number))
            begun = time.monotonic()
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.partition(b":")[2]))
            slowest = max(slowest, time.monotonic() - begun)
            statuses[int(head[9:12])] += 1
        writer.close()

    await asyncio.gather(*(helpdesk() for _ in range(connections)))
    return statuses, slowest


def _request(number: int) -> bytes:
    now = int(time.time())
    said = {"ticket": f"T-{number}", "message": str(number), "author": "customer", "at": now}
    body = json.dumps(
        {**said, "customer": f"customer {number % 500}", "text": "It does not arrive. " * 40}
    ).encode()
    signature = hmac.new(SECRET.encode(), f"{now}.".encode() + body, "sha256").hexdigest()
    head = (
        "POST /hooks/web HTTP/1.1\r\nHost: bridge\r\nContent-Type: application/json\r\n"
        f"X-Makegood-Timestamp: {now}\r\nX-Makegood-Signature: sha256={signature}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _settings(folder: Path, database: str, port: int) -> Path:
    (folder / "mapping.yaml").write_text(f'web: {{agents: {{ann: "{AGENT}"}}}}\n', "utf-8")
    path = folder / "makegood.toml"
    path.write_text(
        f"""
[chain]
rpc = "http://127.0.0.1:1"
chain_id = 31337
desk = "{DESK}"
[database]
url = "{database}"
[bridge]
policy = 1
port = {port}
mapping = "mapping.yaml"
requester_secret = "{SECRET}"
compare_every = 0
[bridge.helpdesks.web]
kind = "generic"
secret = "{SECRET}"
""",
        "utf-8",
    )
    return path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _STARTS_WITHIN
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"the bridge does not start: {log.read_text()[-1_000:]}")
            time.sleep(0.1)
            continue
        return


if __name__ == "__main__":
    main()
