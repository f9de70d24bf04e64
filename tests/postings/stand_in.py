"""A job board on loopback, for tests that fetch."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class StandIn(ThreadingHTTPServer):
    """A job board on loopback whose answer a test sets; it honours If-None-Match."""

    status = 200
    body = b"[]"
    etag = ""
    asked: list[str]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked = []


class _Handler(BaseHTTPRequestHandler):
    server: StandIn

    def do_GET(self) -> None:
        """Answer what the test set."""
        self.server.asked.append(self.path)
        unchanged = self.server.etag and self.headers.get("If-None-Match") == self.server.etag
        self.send_response(304 if unchanged else self.server.status)
        if self.server.etag:
            self.send_header("ETag", self.server.etag)
        body = b"" if unchanged else self.server.body
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""
