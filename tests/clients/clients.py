"""The clients: each sends a mail's bytes and tells the id from the server's last reply."""

import base64
import json
import re
import smtplib
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
DEADLINE = 60
QUEUED = re.compile(r"250 2\.0\.0 Ok: queued as ([0-9A-Za-z]{22})\b")


def ids(said):
    return QUEUED.findall(said)


@dataclass
class Sent:
    id: str
    bytes: bytes


def run(command, stdin=None):
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=DEADLINE)
    said = (done.stdout + done.stderr).decode(errors="replace")
    if done.returncode != 0:
        raise AssertionError(f"{command[0]} failed with {done.returncode}:\n{said}")
    return said


class Smtplib:
    def __init__(self, port):
        self.port = port

    def send(self, mails, user=None, password=None):
        """All of them over one connection."""
        with KeepsReply("localhost", self.port, timeout=DEADLINE) as smtp:
            if user:
                smtp.login(user, password)
            return [self.one(smtp, mail) for mail in mails]

    def one(self, smtp, mail):
        data = mail.bytes()
        options = ["SMTPUTF8", "BODY=8BITMIME"] if mail.utf8 else []
        if not data.isascii() and not options:
            options = ["BODY=8BITMIME"]
        refused = smtp.sendmail(mail.sender, mail.recipients, data, mail_options=options)
        if refused:
            raise AssertionError(f"refused: {refused}")
        return Sent(ids(smtp.last)[0], data)


class KeepsReply(smtplib.SMTP):
    """sendmail() keeps the last reply to itself."""

    def data(self, message):
        code, text = super().data(message)
        self.last = f"{code} {text.decode()}"
        return code, text


class Curl:
    def __init__(self, port):
        self.port = port

    def send(self, mails, user=None, password=None):
        return [self.one(mail, user, password) for mail in mails]

    def one(self, mail, user, password):
        command = ["curl", "--silent", "--show-error", "--verbose", "--url", f"smtp://localhost:{self.port}/app.local"]
        command += ["--mail-from", mail.sender, "--upload-file", "-"]
        for recipient in mail.recipients:
            command += ["--mail-rcpt", recipient]
        if user:
            command += ["--user", f"{user}:{password}"]
        return Sent(ids(run(command, mail.bytes()))[0], mail.bytes())


class Swaks:
    def __init__(self, port):
        self.port = port

    def send(self, mails, user=None, password=None, auth="PLAIN"):
        return [self.one(mail, user, password, auth) for mail in mails]

    def one(self, mail, user, password, auth):
        command = ["swaks", "--server", f"localhost:{self.port}", "--helo", "app.local", "--from", mail.sender]
        command += ["--to", ",".join(mail.recipients)]
        if user:
            command += ["--auth", auth, "--auth-user", user, "--auth-password", password]
        with tempfile.NamedTemporaryFile(prefix="swaks-", suffix=".eml") as file:
            # It puts a line end of its own before the last dot.
            file.write(mail.bytes().removesuffix(b"\r\n"))
            file.flush()
            said = run([*command, "--data", f"@{file.name}"])
        return Sent(ids(said)[0], mail.bytes())


class Nodemailer:
    def __init__(self, port):
        self.port = port

    def send(self, mails, user=None, password=None, pool=False):
        asked = {"port": self.port, "pool": pool, "mails": [mail.spec() for mail in mails]}
        if user:
            asked["auth"] = {"user": user, "pass": password}
        said = run(["node", HERE / "nodemailer.mjs"], json.dumps(asked).encode())
        found = {one["name"]: one for one in json.loads(said)}
        return [self.sent(found[mail.name]) for mail in mails]

    def sent(self, one):
        # Its transport ends each line with CRLF, however it was composed.
        data = re.sub(rb"\r?\n", b"\r\n", base64.b64decode(one["bytes"]))
        return Sent(ids(one["response"])[0], data)
