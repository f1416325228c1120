"""A real gunicorn that serves the test's own database, started as in production."""

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

from django.conf import settings

from tests.browser import free_port
from tests.processes import environment as own_environment


class Server:
    def __init__(self, application, folder, **environment):
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        gunicorn = [Path(sys.executable).with_name("gunicorn"), application]
        self.output = Path(folder) / "output"
        self.file = self.output.open("w")
        self.process = subprocess.Popen(
            [*gunicorn, "--bind", f"127.0.0.1:{self.port}", "--threads", "4"],
            cwd=settings.BASE_DIR,
            env=own_environment(**environment),
            stdout=self.file,
            stderr=subprocess.STDOUT,
        )
        self.wait()

    def wait(self):
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError(self.output.read_text())

    def say(self, text):
        """Something that is no request; the answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(text.encode())
            return connection.recv(10_000).decode()

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.file.close()

    def lines(self):
        """Everything that was written, each line an object."""
        return [json.loads(line) for line in self.output.read_text().splitlines()]
