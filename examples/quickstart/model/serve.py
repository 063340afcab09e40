"""Serves the model that train.py wrote to MODEL_DIR, over HTTP on PORT (8080 when it is not set).

    GET  /healthz    200 once the model is loaded
    GET  /model      what train.py wrote to metrics.json: the run, its accuracy, an example to try
    POST /predict    {"features": [13 numbers]} -> {"prediction", "probability", "run"}

A wrong request is answered with a 4xx status and {"error": what is wrong}. On SIGTERM the server goes on answering for
DRAIN_SECONDS, but asks each client to leave its connection, then finishes what is in flight: a rolling update drops
nothing.
"""

import contextlib
import json
import os
import signal
import socket
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import joblib

DRAIN_SECONDS = 3
MAX_BODY_BYTES = 64 * 1024
LARGEST_FEATURE = 1e38  # scikit-learn's trees compute with 32-bit floats
stopping = threading.Event()


class BadRequest(Exception):
    def __init__(self, status: HTTPStatus, message: str):
        super().__init__(message)
        self.status = status


class Predictor:
    """A trained model and what its training said about it."""

    def __init__(self, model_dir: Path):
        saved = joblib.load(model_dir / "model.joblib")
        self.model, self.features, self.classes = saved["model"], saved["features"], saved["classes"]
        self.metrics = json.loads((model_dir / "metrics.json").read_text())

    def predict(self, body: bytes) -> dict:
        features = self.read_features(body)
        probabilities = self.model.predict_proba([features])[0]
        best = int(probabilities.argmax())
        return {
            "prediction": self.classes[best],
            "probability": round(float(probabilities[best]), 4),
            "run": self.metrics["run"],
        }

    def read_features(self, body: bytes) -> list[float]:
        try:
            request = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise BadRequest(HTTPStatus.BAD_REQUEST, f"the body is not JSON: {error}") from None
        if not isinstance(request, dict) or not isinstance(request.get("features"), list):
            raise BadRequest(HTTPStatus.BAD_REQUEST, 'the body must be an object: {"features": [numbers]}')
        features = request["features"]
        if len(features) != len(self.features):
            names = ", ".join(self.features)
            message = f"features has {len(features)} values, wanted are {len(self.features)}: {names}"
            raise BadRequest(HTTPStatus.BAD_REQUEST, message)
        for name, value in zip(self.features, features):
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not is_number or not -LARGEST_FEATURE < value < LARGEST_FEATURE:
                message = f"features: {name} is {json.dumps(value):.40}, wanted is a finite number"
                raise BadRequest(HTTPStatus.BAD_REQUEST, message)
        return features


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept open between requests
    timeout = 75  # seconds until an idle connection is closed
    wbufsize = -1  # head and body leave in one packet
    disable_nagle_algorithm = True
    predictor: Predictor

    def do_GET(self):
        if self.path == "/healthz":
            self.answer(HTTPStatus.OK, {"status": "ok"})
        elif self.path == "/model":
            self.answer(HTTPStatus.OK, self.predictor.metrics)
        else:
            self.answer(HTTPStatus.NOT_FOUND, {"error": f"no {self.path} here: GET /healthz, GET /model, POST /predict"})

    def do_POST(self):
        try:
            body = self.read_body()
            if self.path != "/predict":
                raise BadRequest(HTTPStatus.NOT_FOUND, f"no {self.path} here: POST /predict")
            self.answer(HTTPStatus.OK, self.predictor.predict(body))
        except BadRequest as error:
            self.answer(error.status, {"error": str(error)})

    def read_body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            self.close_connection = True  # where the next request begins is not known
            raise BadRequest(HTTPStatus.LENGTH_REQUIRED, "a Content-Length header is needed")
        if len(length) > 10 or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            raise BadRequest(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is over {MAX_BODY_BYTES} bytes")
        return self.rfile.read(int(length))

    def answer(self, status: HTTPStatus, content: dict):
        body = json.dumps(content).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection or stopping.is_set():
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code="-", size="-"):
        if self.path != "/healthz":
            super().log_request(int(code), size)


class Server(ThreadingHTTPServer):
    """Knows its open connections, so that it can close those that are idle and wait for the others."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, port: int):
        self.connections = set()
        super().__init__(("", port), Handler)

    def process_request(self, request, client_address):
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        self.connections.discard(request)
        super().shutdown_request(request)

    def finish(self):
        """Accepts nothing more, and returns once each request that was received has been answered."""
        self.shutdown()
        for connection in tuple(self.connections):
            with contextlib.suppress(OSError):  # it was closed by its client meanwhile
                connection.shutdown(socket.SHUT_RD)
        self.server_close()


def serve(predictor: Predictor, port: int):
    Handler.predictor = predictor
    server = Server(port)
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    signal.signal(signal.SIGINT, lambda *_: stopping.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"serving run {predictor.metrics['run']} on port {port}", flush=True)
    stopping.wait()
    time.sleep(DRAIN_SECONDS)
    server.finish()


if __name__ == "__main__":
    serve(Predictor(Path(os.environ["MODEL_DIR"])), int(os.environ.get("PORT", "8080")))
