"""Stands in for a model: finds the greatest prime below a number, over HTTP on PORT.

    GET /healthz             200 while it works
    GET /warmup              200 when it has made a prediction
    GET /predict?below=1000  {"prime": 997, "pod": the pod that has found it}
"""

import json
import os
import signal
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

LARGEST = 10**12


def predict(below: int) -> int:
    """The greatest prime below a number: about as much work as a small model has with a request."""
    candidate = below - 1
    while any(candidate % divisor == 0 for divisor in range(2, int(candidate**0.5) + 1)):
        candidate -= 1
    return candidate


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/healthz":
            self.answer(200, {})
        elif url.path == "/warmup":
            self.answer(200, {"prime": predict(1000)})
        elif url.path == "/predict":
            below = parse_qs(url.query).get("below", [""])[0]
            if below.isdecimal() and 3 <= int(below) <= LARGEST:
                self.answer(200, {"prime": predict(int(below)), "pod": socket.gethostname()})
            else:
                self.answer(400, {"error": f"below must be a whole number from 3 to {LARGEST}"})
        else:
            self.answer(404, {"error": "there is /predict, /warmup and /healthz"})

    def answer(self, status: int, content: dict) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Requests are counted, not written down."""


class Server(ThreadingHTTPServer):
    # When it stops, it finishes what it works on.
    daemon_threads = False


server = Server(("", int(os.environ.get("PORT", "8080"))), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
server.server_close()
