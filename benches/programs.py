"""The programs of a benchmark: built or found, started on free ports, ended by their own pid."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LENGTH = 5 * 1024
# Where Debian's `postfix` package puts them; seldom in a user's PATH.
SBIN = "/usr/sbin"


class Failure(Exception):
    """Why there is no result, as a sentence."""


class Bench:
    """What every measure needs: how much to do, and the programs to do it with."""

    def __init__(self, quick, binary):
        self.quick = quick
        self.assets = None
        if binary:
            self.binary = Path(binary).resolve()
        else:
            self.build()

    def size(self, full, quick):
        return quick if self.quick else full

    def build(self):
        """The release binary, and where its inspector was built, as Cargo tells it."""
        command = ["cargo", "build", "--release", "--locked", "--message-format=json-render-diagnostics"]
        built = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        if built.returncode != 0:
            raise Failure("the release binary does not build (see above)")
        for line in built.stdout.splitlines():
            message = json.loads(line)
            if message["reason"] == "build-script-executed" and Path(message["out_dir"], "inspector").is_dir():
                self.assets = Path(message["out_dir"], "inspector", "assets")
            if message["reason"] == "compiler-artifact" and message.get("executable") and message["target"]["name"] == "restante":
                self.binary = Path(message["executable"])

    @contextlib.contextmanager
    def restante(self, *options):
        """A server with a temporary store and its default settings, except these."""
        with tempfile.TemporaryDirectory() as folder:
            ports = Path(folder, "ports")
            command = [self.binary, "--smtp", "localhost:0", "--http", "localhost:0", "--ports-file", ports, *options]
            with running(command) as process:
                wait_until(lambda: ports.exists() or process.poll() is not None, "restante does not start")
                if process.poll() is not None:
                    raise Failure(f"restante ended at its start: {process.stderr.read().decode()}")
                found = json.loads(ports.read_text())
                yield Server(process, address(found["smtp"]), address(found["http"]))

    @contextlib.contextmanager
    def sink(self):
        """Postfix's server that throws everything away."""
        where = free_port()
        # As root it insists on another user to become.
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        with running([tool("smtp-sink"), "-4", *user, "%s:%d" % where, "1000"]) as process:
            wait_until(lambda: answers(where), "smtp-sink does not start")
            yield Server(process, where, None)


class Server:
    def __init__(self, process, smtp, http):
        self.pid, self.smtp, self.http = process.pid, smtp, http

    def cpu(self):
        """Seconds of CPU that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self, field):
        """VmRSS or VmHWM, in bytes."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024
        raise Failure(f"the system does not tell {field}")


def send(server, count, *options):
    """Sends messages over 20 connections at a time; returns the seconds it took."""
    command = [
        tool("smtp-source"), "-4", "-M", "app.example", "-f", "app@example.com", "-t", "ann@example.com",
        "-s", "20", "-m", str(count), "-l", str(LENGTH), *options, "%s:%d" % server.smtp,
    ]
    start = time.perf_counter()
    sent = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=600)
    took = time.perf_counter() - start
    if sent.returncode != 0:
        raise Failure(f"smtp-source failed: {sent.stderr.decode().strip()}")
    return took


@contextlib.contextmanager
def running(command):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stderr.close()


def wait_until(done, otherwise, seconds=10, step=0.0002):
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise Failure(otherwise)
        time.sleep(step)


def settle(server, seconds=120):
    """Waits until a server has nothing left to do."""
    end = time.monotonic() + seconds
    before, quiet = server.cpu(), 0
    while quiet < 3:
        if time.monotonic() > end:
            raise Failure("a server does not come to rest")
        time.sleep(0.05)
        now = server.cpu()
        quiet = quiet + 1 if now == before else 0
        before = now


def answers(where):
    try:
        with socket.create_connection(where, 1) as client:
            return client.recv(1) != b""
    except OSError:
        return False


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()


def address(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


def tool(name):
    """A program of Postfix, installed when missing and we may."""
    path = shutil.which(name) or shutil.which(name, path=SBIN)
    if not path and os.geteuid() == 0 and shutil.which("apt-get"):
        install()
        path = shutil.which(name, path=SBIN)
    if not path:
        raise Failure(f"{name} is missing: install Debian's package `postfix` (its service need not run)")
    return path


def install():
    """Debian's `postfix`, without its service: exit code 101 of policy-rc.d forbids the start."""
    print("benches/run: installs the package `postfix`, for smtp-sink and smtp-source", flush=True)
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    try:
        if ours:
            policy.write_text("#!/bin/sh\nexit 101\n")
            policy.chmod(0o755)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        command = ["apt-get", "install", "-qq", "--no-install-recommends", "postfix"]
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL)
    finally:
        if ours:
            policy.unlink(missing_ok=True)
