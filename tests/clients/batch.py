"""Programs that send a whole row of the matrix in one run. They read a line for each case,

    name security port ca mechanism user secret sender recipient,recipient mail

divided by tabs (mechanism is empty without AUTH), and print the name of each that failed, a tab and
why."""

import subprocess
import tempfile
from pathlib import Path
from shutil import which

from matrix import AIOSMTPLIB, GO, JAKARTA, NODEMAILER, PERL, SECRET, SENDER, USER

HERE = Path(__file__).resolve().parent
CACHE = HERE / ".cache"
DEADLINE = 180


def line(case, target):
    fields = [
        case.name, case.security, target.port(case), target.ca, case.mechanism or "", USER, SECRET,
        SENDER, ",".join(case.recipients), target.mail,
    ]
    return "\t".join(str(field) for field in fields) + "\n"


def batch(*command):
    """A sender that runs this program over a client's cases, and tells what went wrong by case."""
    def send(client, target):
        asked = "".join(line(case, target) for case in client.cases())
        done = subprocess.run(command, input=asked.encode(), capture_output=True, timeout=DEADLINE)
        said, told = done.stdout.decode(), done.stderr.decode(errors="replace")
        if done.returncode != 0:
            raise AssertionError(f"{client.name} failed with {done.returncode}:\n{said}{told}")
        return dict(row.split("\t", 1) for row in said.splitlines())
    return send


def send_with_go(client, target):
    with tempfile.TemporaryDirectory(prefix="restante-go-") as folder:
        program = Path(folder, "send")
        build = [which("go") or "/usr/local/go/bin/go", "build", "-o", program, HERE / "programs" / "send.go"]
        done = subprocess.run(build, capture_output=True, timeout=DEADLINE)
        if done.returncode != 0:
            raise AssertionError(f"go build failed:\n{done.stderr.decode(errors='replace')}")
        return batch(program)(client, target)


SENDERS = {
    AIOSMTPLIB: batch(CACHE / "venv" / "bin" / "python", HERE / "programs" / "aio.py"),
    NODEMAILER: batch("node", HERE / "programs" / "nodemailer.mjs"),
    PERL: batch("perl", HERE / "programs" / "net_smtp.pl"),
    GO: send_with_go,
    JAKARTA: batch("java", "-cp", f"{CACHE / 'java'}/*", HERE / "programs" / "Send.java"),
}
