"""What real mail programs send is kept byte for byte and understood as they meant it."""

import base64
import unittest

from clients import Curl, Nodemailer, Smtplib, Swaks
from mails import ADDRESSES, ALTERNATIVE, ATTACHMENT, DOTS, EIGHT_BIT, PLAIN, UTF8
from server import Server

PASSWORD = "correct horse battery staple"


def setUpModule():
    global server
    server = Server()


def tearDownModule():
    code = server.stop()
    if code != 0:
        raise AssertionError(f"the server ended with {code}")


def leaves(parts):
    for part in parts:
        yield from leaves(part["children"]) if part["children"] else [part]


def lines(text):
    """Text as the API gives it: lines end in LF, and the last one has no end."""
    return text.replace("\r\n", "\n").rstrip("\n")


class Sends:
    """The cases; each client is a class below."""

    def client(self):
        return self.program(server.smtp)

    def send(self, mail, **how):
        """Sends one mail and checks what holds for each: its bytes and its envelope."""
        sent, = self.client().send([mail], **how)
        return self.kept(mail, sent)

    def kept(self, mail, sent):
        self.assertEqual(server.raw(sent.id), sent.bytes)
        session = server.closed(server.message(sent.id)["session_id"])
        message = server.message(sent.id)
        self.assertEqual(message["size"], len(sent.bytes))
        self.assertEqual(message["envelope"]["from"], mail.sender)
        self.assertEqual(message["envelope"]["to"], list(mail.recipients))
        self.assertEqual(message["defects"], [])
        self.assertEqual(session["notices"], 0, server.transcripts(session["id"]))
        return message

    def test_plain(self):
        message = self.send(PLAIN)
        self.assertEqual(message["subject"], PLAIN.subject)
        self.assertEqual(lines(message["text"]), lines(PLAIN.text))
        self.assertIsNone(message["html"])
        self.assertEqual(message["inbox"], "default")
        self.assertEqual([a["address"] for a in message["from"]], [PLAIN.sender])
        self.assertEqual([a["address"] for a in message["to"]], list(PLAIN.recipients))

    def test_alternative_with_inline_picture(self):
        message = self.send(ALTERNATIVE)
        picture = ALTERNATIVE.files[0]
        self.assertEqual(lines(message["text"]), lines(ALTERNATIVE.text))
        self.assertEqual(lines(message["html"]), lines(ALTERNATIVE.html))
        part, = [p for p in leaves(message["parts"]) if p["cid"]]
        self.assertEqual((part["cid"], part["type"], part["sha256"]), (picture.cid, picture.type, picture.sha256))
        path = f"/v1/messages/{message['id']}/parts/{part['path']}"
        self.assertEqual(server.get(path), picture.content)
        self.assertIn(f'src="{path}"', server.get(f"/v1/messages/{message['id']}/html").decode())

    def test_attachment(self):
        message = self.send(ATTACHMENT)
        file = ATTACHMENT.files[0]
        attached, = message["attachments"]
        got = (attached["filename"], attached["type"], attached["size"], attached["sha256"])
        self.assertEqual(got, (file.name, file.type, len(file.content), file.sha256))
        self.assertEqual(server.get(f"/v1/messages/{message['id']}/parts/{attached['path']}"), file.content)

    def test_utf8(self):
        message = self.send(UTF8)
        self.assertEqual(message["subject"], UTF8.subject)
        self.assertEqual(lines(message["text"]), lines(UTF8.text))
        self.assertEqual(lines(message["html"]), lines(UTF8.html))
        self.assertEqual(lines(server.get(f"/v1/messages/{message['id']}/text").decode()), lines(UTF8.text))

    def test_dots(self):
        message = self.send(DOTS)
        self.assertEqual(lines(message["text"]), lines(DOTS.given.partition(b"\r\n\r\n")[2].decode()))

    def login(self, user, **how):
        sent, = self.client().send([PLAIN], user=user, password=PASSWORD, **how)
        message = server.message(sent.id)
        self.assertEqual(message["inbox"], user)
        dialogue = server.transcripts(message["session_id"])
        message = server.message(sent.id)
        self.assertEqual(message["session"]["user"], user)
        self.assertIn("AUTH", dialogue)
        for secret in [PASSWORD.encode(), f"\0{user}\0{PASSWORD}".encode()]:
            self.assertNotIn(secret.decode(), dialogue)
            self.assertNotIn(base64.b64encode(secret).decode(), dialogue)
        return message

    def test_login(self):
        self.login(f"shop-{self.program.__name__.lower()}")


class WithAddresses:
    """For clients that speak SMTPUTF8."""

    def test_utf8_addresses(self):
        message = self.send(ADDRESSES)
        self.assertIn("SMTPUTF8", [p["name"] for p in message["envelope"]["params"]["from"]])
        self.assertEqual([a["address"] for a in message["from"]], [ADDRESSES.sender])
        self.assertEqual([a["address"] for a in message["to"]], list(ADDRESSES.recipients))
        self.assertEqual(message["subject"], ADDRESSES.subject)


class OverOneConnection:
    """For clients that keep a connection."""

    def several(self, **how):
        mails = [PLAIN, DOTS, ATTACHMENT, UTF8, ALTERNATIVE]
        sent = self.client().send(mails, **how)
        messages = [self.kept(mail, one) for mail, one in zip(mails, sent, strict=True)]
        session, = {message["session_id"] for message in messages}
        session = server.json(f"/v1/sessions/{session}")
        self.assertEqual(session["messages"], len(mails))
        self.assertCountEqual(session["message_ids"], [one.id for one in sent])

    def test_several_over_one_connection(self):
        self.several()


class SmtplibTest(Sends, WithAddresses, OverOneConnection, unittest.TestCase):
    program = Smtplib

    def test_8bit(self):
        message = self.send(EIGHT_BIT)
        self.assertEqual(message["subject"], "Schönes Wetter")
        self.assertEqual(message["text"], "Über Köln scheint die Sonne ☀")


class CurlTest(Sends, WithAddresses, unittest.TestCase):
    program = Curl


class SwaksTest(Sends, unittest.TestCase):
    program = Swaks

    def test_login_in_steps(self):
        self.assertEqual(self.login("shop-steps", auth="LOGIN")["session"]["auth"], "LOGIN")


class NodemailerTest(Sends, WithAddresses, OverOneConnection, unittest.TestCase):
    program = Nodemailer

    def test_several_over_one_connection(self):
        self.several(pool=True)
