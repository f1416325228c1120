"""A web server of this machine that answers well, badly, slowly, for ever, or by sending one elsewhere."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from calls.desk.visiting import Visitor

# path → status, headers; GET may answer otherwise than HEAD
ANSWERS = {
    "/fine": (200, {}),
    "/gone": (404, {}),
    "/410": (410, {}),
    "/500": (500, {}),
    "/forbidden": (403, {}),
    "/busy": (429, {}),
    "/moved": (301, {"Location": "/fine"}),
    "/moved-to-gone": (302, {"Location": "/gone"}),
    "/loop": (302, {"Location": "/loop"}),
    "/mail": (302, {"Location": "mailto:a@example.org"}),
    "/inside": (302, {"Location": "http://127.0.0.1:1/geheim"}),
    "/metadata": (302, {"Location": "http://169.254.169.254/latest/"}),
}


class Server(BaseHTTPRequestHandler):
    seen: list

    def do_HEAD(self):
        self.answer("HEAD")

    def do_GET(self):
        self.answer("GET")

    def answer(self, method):
        self.seen.append((method, self.path, self.headers["User-Agent"], self.headers["Range"]))
        if self.path == "/slow":
            threading.Event().wait(2)
        no_head = method == "HEAD" and self.path in {"/no-head", "/endless"}
        status, headers = (405, {}) if no_head else ANSWERS.get(self.path.partition("?")[0], (200, {}))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.path == "/endless" and method == "GET":
            self.pour()

    def pour(self):
        try:
            while True:
                self.wfile.write(b"x" * 65_536)
        except OSError:
            pass

    def log_message(self, *args):
        pass


@contextmanager
def serving():
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Recording", (Server,), {"seen": []}))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.url = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    server.server_close()


def visitor_of(server, pause=0):
    """One who may visit this server, and no other of this machine."""
    return Visitor(pause=pause, timeout=(1, 0.5), allowed=frozenset({("127.0.0.1", server.server_port)}))
