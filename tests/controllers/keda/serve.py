"""Answers requests, and tells how many they were; what probes and Prometheus ask is not counted."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

name = "http_request_duration_seconds"
count = 0


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        global count
        count += self.path == "/predict"
        lines = [f"# TYPE {name} histogram", f'{name}_bucket{{le="+Inf"}} {count}', f"{name}_count {count}", f"{name}_sum 0"]
        content = ("\n".join(lines) + "\n").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_request(self, *_: object) -> None:
        """Nothing is written down."""


ThreadingHTTPServer(("", 8080), Handler).serve_forever()
