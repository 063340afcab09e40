"""Stands in for a model, over HTTP on PORT: says who answers, and how many requests it has got.

    GET /healthz   200 while it works
    GET /requests  {"requests": how many others there were}
    GET otherwise  {"version": VERSION, "path": what was asked for}

It keeps connections open, as servers do, and ends at once on SIGTERM: a client that still sends it requests then fails.
"""

import json
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Requests:
    count = 0
    lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/healthz":
            self.answer({})
        elif self.path == "/requests":
            self.answer({"requests": Requests.count})
        else:
            with Requests.lock:
                Requests.count += 1
            self.answer({"version": os.environ["VERSION"], "path": self.path})

    def answer(self, content: dict) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Requests are counted, not written down."""


signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
