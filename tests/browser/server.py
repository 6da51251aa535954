"""Serve the built site with gzip, as its host does: `python tests/browser/server.py [folder]`."""

from __future__ import annotations

import gzip
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Handler(SimpleHTTPRequestHandler):
    """Files of one folder; text is compressed, and what goes over the wire is counted."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if path.is_dir() and not self.path.partition("?")[0].endswith("/"):
            self._send(301, b"", {"Location": f"{self.path}/"})
            return
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self._send(404, (Path(self.directory) / "404.html").read_bytes(), {})
            return
        kind = self.guess_type(str(path))
        body, headers = path.read_bytes(), {"Content-Type": kind, "Cache-Control": "max-age=600"}
        if kind.startswith("text/") or kind.endswith(("json", "javascript", "xml")):
            body, headers["Content-Encoding"] = gzip.compress(body, 6), "gzip"
        self._send(200, body, headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.server.sent[self.path] = len(body)  # type: ignore[attr-defined]

    def log_message(self, *_: object) -> None:
        """Say nothing: the tests speak."""


class Server(ThreadingHTTPServer):
    """A threaded server; `sent` holds the bytes of each path's last answer."""

    daemon_threads = True

    def __init__(self, folder: Path, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), partial(Handler, directory=str(folder)))
        self.sent: dict[str, int] = {}
        self.url = f"http://127.0.0.1:{self.server_port}/"

    def handle_error(self, *_: object) -> None:
        """A browser that goes away in the middle of an answer is no error."""


@contextmanager
def serve(folder: Path) -> Iterator[Server]:
    with Server(folder) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


if __name__ == "__main__":
    with Server(Path(sys.argv[1] if len(sys.argv) > 1 else "site")) as main:
        print(main.url, flush=True)
        main.serve_forever()
