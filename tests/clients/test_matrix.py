"""Every client, plain, with STARTTLS and with implicit TLS, without AUTH and with every mechanism
it knows: its mail comes whole, and the session shows how it came. The rows are in matrix.py."""

import base64
import hashlib
import re
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import batch
import commands
import relays
from matrix import CLIENTS, MECHANISMS, SECRET, SENDER, USER, Target
from server import ROOT, Server

FILE = b"%PDF-1.7\n" + bytes(range(256)) * 40
TEXT = "Grüße, Юлия и 太郎 🚀\n.\n..\n.first\n...and more\n\n. \nlast"
MAIL = "".join(line + "\r\n" for line in [
    f"From: {SENDER}", "To: ann@example.com", "Date: Sun, 22 Nov 2026 21:00:00 +0000",
    "Message-ID: <matrix@example.com>", "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=", "MIME-Version: 1.0",
    'Content-Type: multipart/mixed; boundary="=-next"', "", "--=-next", "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit", "", *TEXT.split("\n"), "--=-next", "Content-Type: application/pdf",
    "Content-Transfer-Encoding: base64", 'Content-Disposition: attachment; filename="invoice.pdf"', "",
    *base64.encodebytes(FILE).decode().splitlines(), "--=-next--",
]).encode()


def setUpModule():
    global target, folder, failures
    folder = tempfile.TemporaryDirectory(prefix="restante-matrix-")
    at = Path(folder.name)
    at.chmod(0o755)
    (at / "users").write_text(f"{USER}:{SECRET}\n")
    (at / "mail").write_bytes(MAIL)
    settings = ["--tls", "auto", "--tls-dir", at / "tls", "--smtps", "localhost:0", "--smtp-users", at / "users"]
    server = Server(*settings)
    poor = Server(*settings, "--smtp-without", "auth=oauthbearer")
    # Relays read it under an account of their own.
    (at / "ca.pem").write_bytes((at / "tls" / "ca.pem").read_bytes())
    target = Target(server, poor, at / "ca.pem", at / "mail")
    senders = {**batch.SENDERS, **commands.SENDERS, **relays.SENDERS}

    def send(client):
        try:
            return senders[client](client, target)
        except Exception as e:  # each of its tests says so
            return {case.name: str(e) for case in client.cases()}
    with ThreadPoolExecutor(max_workers=3) as pool:
        failures = dict(zip(CLIENTS, pool.map(send, CLIENTS), strict=True))


def tearDownModule():
    codes = [server.stop() for server in [target.server, target.poor]]
    folder.cleanup()
    if codes != [0, 0]:
        raise AssertionError(f"the servers ended with {codes}")


def names(params):
    return " ".join(param["name"].upper() for param in params)


class Came(unittest.TestCase):
    maxDiff = None

    def check(self, case):
        failure = failures[case.client].get(case.name)
        self.assertIsNone(failure, failure)
        server = target.serving(case)
        found = server.json(f"/v1/messages?q=rcpt:{case.recipients[0]}")["messages"]
        self.assertEqual(len(found), 1)
        session = server.closed(found[0]["session_id"])
        message = server.message(found[0]["id"])
        self.whole(case, message)
        self.envelope(case, message["envelope"])
        self.connection(case, session)
        self.dialogue(case, session["id"])

    def whole(self, case, message):
        raw = target.serving(case).raw(message["id"])
        if case.client.relays:
            head, _, body = MAIL.partition(b"\r\n\r\n")
            self.assertTrue(raw.endswith(b"\r\n\r\n" + body), raw)
            self.assertTrue(raw.startswith(b"Received: "), raw)
            for field in head.split(b"\r\n"):
                self.assertIn(field, raw)
        else:
            self.assertEqual(raw, MAIL)
        self.assertEqual(message["subject"], "Grüße")
        self.assertEqual(message["text"], TEXT)
        attached, = message["attachments"]
        self.assertEqual((attached["filename"], attached["sha256"]), ("invoice.pdf", hashlib.sha256(FILE).hexdigest()))
        self.assertEqual(message["defects"], [])

    def envelope(self, case, envelope):
        self.assertEqual((envelope["from"], envelope["to"]), (SENDER, case.recipients))
        self.assertCountEqual(names(envelope["params"]["from"]).split(), case.client.mail.split())
        for params in envelope["params"]["to"]:
            self.assertCountEqual(names(params).split(), case.client.rcpt.split())
        sent = {p["name"].upper(): p["value"] for p in [*envelope["params"]["from"], *envelope["params"]["to"][0]]}
        asked = {
            "BODY": "8BITMIME", "RET": "HDRS", "ENVID": case.name, "NOTIFY": "SUCCESS,FAILURE",
            "ORCPT": f"rfc822;{case.recipients[0]}",
        }
        for name, value in sent.items():
            self.assertEqual(value, asked.get(name, value), name)

    def connection(self, case, session):
        self.assertEqual(session["outcome"], "quit" if case.client.quits else "closed")
        self.assertEqual((session["auth"], session["user"]), (case.mechanism, case.mechanism and USER))
        if case.security == "plain":
            self.assertIsNone(session["tls"])
            return
        tls = session["tls"]
        self.assertEqual((tls["mode"], tls["version"], tls["error"]), (case.security, "TLSv1.3", None))
        self.assertEqual(tls["sni"], "localhost" if case.client.sni else None)

    def dialogue(self, case, id):
        server = target.serving(case)
        text = server.transcripts(id)
        for secret in [SECRET, f"\0{USER}\0{SECRET}", f"user={USER}\1auth=Bearer {SECRET}\1\1"]:
            self.assertNotIn(secret, text)
            self.assertNotIn(base64.b64encode(secret.encode()).decode(), text)
        entries = server.json(f"/v1/sessions/{id}/transcript")["entries"]
        notices = [notice["code"] for entry in entries for notice in entry.get("notices", [])]
        self.assertEqual(notices, ["eight-bit-content"] if case.client.utf8_unasked else [])
        said = [entry for entry in entries if entry["from"] == "client" and not entry.get("content")]
        began, = [entry["at"] for entry in said if entry["text"].upper().startswith("MAIL ")]
        asked = [entry["at"] for entry in said if entry["text"].upper().startswith("RCPT ")]
        if case.client.pipelines:  # they come with one read
            self.assertEqual(set(asked), {began})
        verb, = {entry["text"][:4].upper() for entry in said if re.match("(?i)DATA|BDAT", entry["text"])}
        self.assertEqual(verb, case.client.content)


class Docs(unittest.TestCase):
    """docs/clients.md says what matrix.py says; lettre's row is held by tests/lettre.rs."""

    def rows(self, head):
        """The rows of the table that begins so, each with its cells by the name of its column."""
        text = (ROOT / "docs" / "clients.md").read_text()
        table = text[text.index(head):].split("\n\n")[0].splitlines()
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
        found = [dict(zip(rows[0], row, strict=True)) for row in rows[2:]]
        return {row["client"]: row for row in found if row["client"] != "lettre"}

    def test_mechanisms(self):
        rows = self.rows("| client | no AUTH |")
        self.assertEqual(list(rows), [client.name for client in CLIENTS])
        for client in CLIENTS:
            known = ["no AUTH", *client.mechanisms.split()]
            expected = {name: "all" if name in known else "–" for name in ["no AUTH", *MECHANISMS]}
            self.assertEqual(rows[client.name], {"client": client.name, **expected})

    def test_dialogues(self):
        rows = self.rows("| client | MAIL |")
        self.assertEqual(list(rows), [client.name for client in CLIENTS])
        for client in CLIENTS:
            row = rows[client.name]
            told = [row["MAIL"].strip("`–"), row["RCPT"].strip("`–"), row["content"]]
            content = client.content + (", pipelined" if client.pipelines else "")
            self.assertEqual(told, [client.mail, client.rcpt, content], client.name)


def tests_of(client):
    def test(case):
        return lambda self: self.check(case)
    found = {f"test_{case.name.replace('-', '_')}": test(case) for case in client.cases()}
    return type(client.name.replace(" ", "").replace("::", "").replace("/", "") + "Matrix", (Came,), found)


for _client in CLIENTS:
    _class = tests_of(_client)
    globals()[_class.__name__] = _class
del _class
