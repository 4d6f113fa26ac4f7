"""LMTP: clients that speak it get a reply for each recipient, and their mail comes whole."""

import smtplib
import subprocess
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

from clients import DEADLINE
from commands import run
from mails import DOTS, PLAIN
from matrix import POSTFIX, SENDER, Case, Target
from relays import through_postfix
from server import Server

PASSWORD = "correct horse battery staple"


def setUpModule():
    global server
    server = Server("--lmtp", "localhost:0")


def tearDownModule():
    code = server.stop()
    if code != 0:
        raise AssertionError(f"the server ended with {code}")


class Lmtp(unittest.TestCase):
    def came(self, mail, recipients):
        found = server.json(f"/v1/messages?q=rcpt:{recipients[0]}")["messages"]
        self.assertEqual(len(found), 1)
        session = server.closed(found[0]["session_id"])
        self.assertEqual((found[0]["via"], session["via"], session["outcome"]), ("lmtp", "lmtp", "quit"))
        self.assertEqual(session["notices"], 0)
        self.assertEqual(found[0]["envelope"], {"from": mail.sender, "to": recipients})
        self.assertEqual(server.raw(found[0]["id"]), mail.bytes())
        return session

    def recipients(self, client):
        return [f"{name}@{client}.example" for name in ["ann", "bob"]]

    def test_smtplib(self):
        # It reads one reply only.
        to = self.recipients("smtplib")[:1]
        with smtplib.LMTP("localhost", server.lmtp, timeout=DEADLINE) as lmtp:
            self.assertEqual(lmtp.sendmail(DOTS.sender, to, DOTS.bytes()), {})
        self.came(DOTS, to)

    def test_msmtp(self):
        to = self.recipients("msmtp")
        settings = ["account default", "protocol lmtp", "host localhost", f"port {server.lmtp}", "domain app.local"]
        settings += [f"from {DOTS.sender}", "auth plain", "user shop", f"password {PASSWORD}"]
        with tempfile.TemporaryDirectory(prefix="msmtp-") as folder:
            file = Path(folder, "msmtprc")
            file.write_text("\n".join(settings) + "\n")
            file.chmod(0o600)
            run(["msmtp", f"--file={file}", "--", *to], DOTS.bytes().replace(b"\r\n", b"\n"))
        session = self.came(DOTS, to)
        self.assertEqual((session["auth"], session["user"]), ("PLAIN", "shop"))
        self.assertNotIn(PASSWORD, server.transcripts(session["id"]))

    def test_swaks(self):
        to = self.recipients("swaks")
        command = ["swaks", "--protocol", "LMTP", "--server", f"localhost:{server.lmtp}", "--helo", "app.local"]
        command += ["--from", PLAIN.sender, "--to", ",".join(to)]
        with tempfile.NamedTemporaryFile(prefix="swaks-", suffix=".eml") as file:
            file.write(PLAIN.bytes().removesuffix(b"\r\n"))
            file.flush()
            said = subprocess.run([*command, "--data", f"@{file.name}"], capture_output=True, timeout=DEADLINE)
        self.assertEqual(said.returncode, 0, said.stdout)
        for recipient in to:
            self.assertIn(f" 250 2.1.5 <{recipient}> Ok: queued as ".encode(), said.stdout)
        self.came(PLAIN, to)

    def test_postfix(self):
        case = Case(POSTFIX, "lmtp", None)
        with tempfile.TemporaryDirectory(prefix="restante-lmtp-") as folder:
            mail = Path(folder, "mail")
            mail.write_bytes(DOTS.bytes())
            door = SimpleNamespace(smtp=server.lmtp)
            self.assertEqual(through_postfix([case], Target(door, door, Path(folder), mail)), {})
        found, = server.json(f"/v1/messages?q=rcpt:{case.recipients[0]}")["messages"]
        self.assertEqual((found["via"], found["envelope"]), ("lmtp", {"from": SENDER, "to": case.recipients}))
        self.assertTrue(server.raw(found["id"]).endswith(DOTS.bytes().partition(b"\r\n\r\n")[2]))
        params = server.message(found["id"])["envelope"]["params"]
        self.assertIn({"name": "ENVID", "value": case.name}, params["from"])
