"""The mails that every client sends: what they say, and their bytes for clients that take bytes."""

import base64
import hashlib
import struct
import zlib
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP


def png():
    """A picture of one red dot."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")) + chunk(b"IEND", b"")


_composed = {}


@dataclass
class File:
    name: str
    type: str
    content: bytes
    cid: str | None = None

    @property
    def sha256(self):
        return hashlib.sha256(self.content).hexdigest()


@dataclass
class Mail:
    name: str
    subject: str
    text: str
    html: str | None = None
    files: list[File] = field(default_factory=list)
    sender: str = "app@example.com"
    recipients: tuple[str, ...] = ("ann@example.com", "bob@example.net")
    utf8: bool = False  # needs SMTPUTF8
    given: bytes | None = None  # bytes that no client may compose anew

    def bytes(self):
        if self.given is not None:
            return self.given
        # Composed once: the library draws a new boundary each time.
        if self.name not in _composed:
            _composed[self.name] = self.composed().as_bytes()
        return _composed[self.name]

    def composed(self):
        policy = SMTP.clone(utf8=self.utf8, cte_type="8bit" if self.utf8 else "7bit")
        mail = EmailMessage(policy)
        mail["From"] = self.sender
        mail["To"] = ", ".join(self.recipients)
        mail["Subject"] = self.subject
        mail["Message-ID"] = f"<{self.name}@example.com>"
        mail["Date"] = "Sun, 22 Nov 2026 21:00:00 +0000"
        mail.set_content(self.text)
        if self.html is not None:
            mail.add_alternative(self.html, subtype="html")
        for file in self.files:
            kind, _, subtype = file.type.partition("/")
            if file.cid:
                html = mail.get_payload()[1]
                html.add_related(file.content, kind, subtype, cid=f"<{file.cid}>", filename=file.name, disposition="inline")
            else:
                mail.add_attachment(file.content, kind, subtype, filename=file.name)
        return mail

    def spec(self):
        """For a client that composes by itself."""
        return {
            "name": self.name, "from": self.sender, "to": list(self.recipients), "subject": self.subject,
            "text": self.text, "html": self.html, "raw": self.given and base64.b64encode(self.given).decode(),
            "files": [
                {"name": f.name, "type": f.type, "cid": f.cid, "content": base64.b64encode(f.content).decode()}
                for f in self.files
            ],
        }


PLAIN = Mail("plain", "Your code", "Hello Ann,\n\nyour code is 482 913.\n")

ALTERNATIVE = Mail(
    "alternative", "Welcome", "Welcome aboard.\n",
    html='<h1>Welcome aboard</h1><p><img src="cid:dot@example.com" alt="a dot"></p>\n',
    files=[File("dot.png", "image/png", png(), cid="dot@example.com")],
)

ATTACHMENT = Mail(
    "attachment", "Your invoice", "The invoice is attached.\n",
    files=[File("invoice.pdf", "application/pdf", b"%PDF-1.7\n" + bytes(range(256)) * 300)],
)

UTF8 = Mail(
    "utf-8", "Grüße aus Köln – こんにちは 🌍", "Schöne Grüße,\nЮлия и 太郎 🚀\n",
    html="<p>Schöne Grüße,<br>Юлия и 太郎 🚀</p>\n",
)

ADDRESSES = Mail(
    "smtputf8", "Neue Adresse für Jörg", "Jörg hat jetzt eine Adresse mit Umlaut.\n",
    sender="jörg@example.com", recipients=("юлия@example.net",), utf8=True,
)

_HEAD = (
    b"From: app@example.com\r\nTo: ann@example.com\r\nDate: Sun, 22 Nov 2026 21:00:00 +0000\r\n"
    b"Message-ID: <%s@example.com>\r\nMIME-Version: 1.0\r\n"
)

DOTS = Mail(
    "dots", "Dots", "", recipients=("ann@example.com",),
    given=_HEAD % b"dots" + b"Subject: Dots\r\n\r\n.\r\n..\r\n.first\r\n...and more\r\nnot .this\r\n.\r\n\r\n. \r\nlast\r\n",
)

EIGHT_BIT = Mail(
    "8bit", "Raw", "", recipients=("ann@example.com",),
    given=_HEAD % b"8bit" + "Subject: Schönes Wetter\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Transfer-Encoding: 8bit\r\n\r\nÜber Köln scheint die Sonne ☀\r\n".encode(),
)
