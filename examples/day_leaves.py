# SPDX-License-Identifier: Apache-2.0
"""Where the leaves of the day's batches are published."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_PATIENCE = 5.0  # seconds


@contextmanager
def published(folder: Path) -> Iterator[str]:
    """A server of the leaves. Who asks too early waits a moment: minutes of this day are no second."""

    class Patient(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            deadline = time.monotonic() + _PATIENCE
            while not Path(self.translate_path(self.path)).exists() and time.monotonic() < deadline:
                time.sleep(0.02)
            super().do_GET()

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    folder.mkdir(parents=True, exist_ok=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Patient, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
