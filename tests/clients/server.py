"""The binary under test: started on free ports, asked over HTTP, stopped by a signal."""

import http.client
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[2]
DEADLINE = 30


def binary():
    """Where Cargo puts the debug binary, wherever its target folder is."""
    metadata = subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--no-deps", "--offline"],
        cwd=ROOT, check=True, capture_output=True,
    ).stdout
    path = Path(json.loads(metadata)["target_directory"]) / "debug" / "restante"
    if not path.is_file():
        raise RuntimeError(f"there is no {path}: run `cargo build` first")
    return path


class Server:
    def __init__(self, *arguments):
        self.folder = Path(tempfile.mkdtemp(prefix="restante-clients-"))
        ports = self.folder / "ports.json"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("RESTANTE_")}
        self.log = open(self.folder / "log", "w+")
        self.process = subprocess.Popen(
            [binary(), "--smtp", "localhost:0", "--http", "localhost:0", "--ports-file", ports, *arguments],
            stdout=subprocess.PIPE, stderr=self.log, env=environment,
        )
        # The banner comes when both ports accept and the file is there.
        ready, _, _ = select.select([self.process.stdout], [], [], DEADLINE)
        if not ready or not self.process.stdout.readline():
            self.process.kill()
            self.process.wait()
            raise RuntimeError(f"the server did not start: {self.said()}")
        addresses = json.loads(ports.read_text())
        self.smtp = int(addresses["smtp"].rpartition(":")[2])
        self.http = int(addresses["http"].rpartition(":")[2])
        self.smtps, self.lmtp = (
            int(addresses[name].rpartition(":")[2]) if name in addresses else None for name in ["smtps", "lmtp"]
        )

    def said(self):
        self.log.seek(0)
        return self.log.read().strip() or "it said nothing"

    def stop(self):
        """Ends it and tells its exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process.stdout.close()
        self.log.close()
        shutil.rmtree(self.folder)
        return code

    def get(self, path, accept="*/*"):
        connection = http.client.HTTPConnection("localhost", self.http, timeout=DEADLINE)
        try:
            connection.request("GET", path, headers={"Accept": accept})
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise AssertionError(f"GET {path}: {answer.status} {body[:300]!r}")
        return body

    def json(self, path):
        return json.loads(self.get(path, "application/json"))

    def message(self, id):
        return self.json(f"/v1/messages/{quote(id)}")

    def raw(self, id):
        return self.get(f"/v1/messages/{quote(id)}/raw")

    def closed(self, id):
        """A session once it is over; the server writes that down after the client has gone."""
        end = time.monotonic() + DEADLINE
        while True:
            session = self.json(f"/v1/sessions/{id}")
            if session["closed_at"] is not None:
                return session
            if time.monotonic() > end:
                raise AssertionError(f"the session {id} is still open")

    def transcripts(self, id):
        """The dialogue of a closed session in both its forms, as one text."""
        self.closed(id)
        path = f"/v1/sessions/{id}/transcript"
        return self.get(path).decode() + self.get(path, "application/json").decode()
