"""Tells of itself what docs/monitoring.md says that programs tell; ends after as many seconds as its argument says."""

import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT, SECONDS = int(sys.argv[1]), float(sys.argv[2])
START = time.time()


def histogram(name: str, labels: str, count: int) -> str:
    """Of ten, eight are below a second."""
    buckets = {"1": count * 8 // 10, "10": count, "+Inf": count}
    lines = [f'{name}_bucket{{{labels},le="{le}"}} {number}' for le, number in buckets.items()]
    return "\n".join([f"# TYPE {name} histogram", *lines, f"{name}_count{{{labels}}} {count}", f"{name}_sum{{{labels}}} {count}"])


def page() -> str:
    """As much as happens in the time since the start."""
    count = int((time.time() - START) * 10)
    lines = [
        "# TYPE training_step gauge",
        f"training_step {count}",
        "# TYPE training_steps gauge",
        "training_steps 1000",
        "# TYPE training_loss gauge",
        "training_loss 0.25",
        "# TYPE training_samples_total counter",
        f"training_samples_total {count}",
        "# TYPE training_last_checkpoint_timestamp_seconds gauge",
        f"training_last_checkpoint_timestamp_seconds {START}",
        histogram("http_request_duration_seconds", 'method="POST"', count),
        "# TYPE http_requests_total counter",
        f'http_requests_total{{status="2xx"}} {count * 9 // 10}',
        f'http_requests_total{{status="5xx"}} {count // 10}',
        histogram("vllm:time_to_first_token_seconds", 'model_name="model"', count),
        "# TYPE vllm:num_requests_waiting gauge",
        'vllm:num_requests_waiting{model_name="model"} 5',
    ]
    return "\n".join(lines) + "\n"


class Handler(BaseHTTPRequestHandler):
    """Answers every path alike: probes want no more than an answer."""

    def do_GET(self) -> None:
        content = page().encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


threading.Thread(target=ThreadingHTTPServer(("", PORT), Handler).serve_forever, daemon=True).start()
time.sleep(SECONDS)
