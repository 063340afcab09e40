"""Stands in for vLLM as far as an endpoint picker sees it: answers who it is, and tells how many requests wait.

    GET /health             200
    POST /v1/completions    {"pod": who answers}
    GET /metrics            vLLM's own, of which an endpoint picker goes by these
    POST /waiting/<number>  from now on so many requests wait
"""

import json
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Queue:
    waiting = 0


METRICS = """\
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{{model_name="m"}} {waiting}
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{{model_name="m"}} 0
# TYPE vllm:kv_cache_usage_perc gauge
vllm:kv_cache_usage_perc{{model_name="m"}} 0
# TYPE vllm:cache_config_info gauge
vllm:cache_config_info{{block_size="16",num_gpu_blocks="1000"}} 1
"""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer("text/plain", METRICS.format(waiting=Queue.waiting))

    def do_POST(self) -> None:
        self.read_body()
        if self.path.startswith("/waiting/"):
            Queue.waiting = int(self.path.rpartition("/")[2])
        self.answer("application/json", json.dumps({"pod": socket.gethostname()}))

    def read_body(self) -> None:
        """An endpoint picker passes bodies on in chunks."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            return
        while (size := int(self.rfile.readline(), 16)) > 0:
            self.rfile.read(size + 2)
        self.rfile.readline()

    def answer(self, kind: str, content: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content.encode())

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Probes come every few seconds."""


ThreadingHTTPServer(("", 8000), Handler).serve_forever()
