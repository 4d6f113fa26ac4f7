"""Realistic mail, the same for the same seed: what apps send, in some languages, sizes and MIME shapes.

Sizes are spread as in an outbox of apps: most have one to six KiB, one in five hundred has an attachment of
some hundred KiB. `python3 benches/mails.py COUNT [SEED]` prints an mbox.
"""

import base64
import random
import sys

WORDS = {
    "en": "the of to and your order has been account please invoice payment with for you we is on from this that are "
    "delivery password reset confirm address team new message thank shipped item price total support contact click "
    "link below hours day time if did not request ignore email questions service update security login device city "
    "weekly report summary project task comment issue build failed passed deploy release version change review",
    "de": "der die und das Ihre Bestellung wurde Konto bitte Rechnung Zahlung mit für Sie wir ist auf von dieser nicht "
    "Lieferung Passwort zurücksetzen bestätigen Adresse neue Nachricht danke versandt Artikel Preis Gesamt Straße "
    "Hilfe Stunden Tag Zeit wenn Anfrage ignorieren Fragen Dienst Änderung Sicherheit Gerät Größe schön über",
    "pt": "de a o que e do da em um para com não uma os no se na por mais as dos como mas ao ele das sua seu pedido conta "
    "fatura pagamento entrega senha confirmação endereço mensagem obrigado São Paulo você serviço atenção ligação",
    "ja": "ご注文 ありがとうございます お支払い 確認 配送 東京都 請求書 パスワード 再設定 お客様 メール 会議 明日 からです "
    "アカウント 変更 手続き 完了しました 下記のリンク 有効期限 サポート",
}
SHARE = [("en", 70), ("de", 12), ("pt", 12), ("ja", 6)]
NAMES = ["Ann Smith", "Bob Jones", "João Silva", "Jürgen Groß", "Mary Ann Lee", "田中 太郎", "Zoë Brown", "Ivan Petrov"]
SHOPS = ["shop", "billing", "news", "alerts", "ci", "support", "noreply", "calendar"]
SUBJECTS = ["Your order {}", "Invoice {}", "Password reset", "Build {} failed", "Weekly report {}", "Neue Nachricht {}",
            "Confirmação do pedido {}", "ご注文 {}", "Security alert", "Re: ticket {}"]
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


class Mails:
    """Mail number 0, 1, 2 … as (sender, recipient, bytes)."""

    def __init__(self, seed=1):
        self.dice = random.Random(seed)
        self.number = -1
        self.words = {name: text.split() for name, text in WORDS.items()}
        # Names that are met a few times each, and words that are rare.
        self.rare = ["".join(self.dice.choices("bcdfgklmnprstv", k=3)) + "".join(self.dice.choices("aeiou", k=2)) +
                     "".join(self.dice.choices("bcdfgklmnprstv", k=3)) for _ in range(20_000)]

    def __iter__(self):
        return self

    def __next__(self):
        self.number += 1
        dice, n = self.dice, self.number
        language = dice.choices([name for name, _ in SHARE], [share for _, share in SHARE])[0]
        sender = f"{dice.choice(SHOPS)}@app{dice.randrange(20)}.example"
        recipient = f"user{dice.randrange(5000)}@example.com"
        subject = dice.choice(SUBJECTS).format(100_000 + n)
        size = min(int(dice.lognormvariate(6.9, 1.0)), 60_000)
        text = self.text(language, size)
        shape = dice.choices(["plain", "alternative", "html", "related", "mixed"], [30, 45, 15, 7, 3])[0]
        head = (
            f"Received: from app{n % 20}.example (localhost [127.0.0.1])\r\n"
            f"From: \"{dice.choice(NAMES)}\" <{sender}>\r\nTo: \"{dice.choice(NAMES)}\" <{recipient}>\r\n"
            f"Subject: {subject}\r\nMessage-ID: <{n}.{dice.randrange(10**9)}@app.example>\r\n"
            f"Date: Mon, 23 Nov 2026 10:{n // 60 % 60:02}:{n % 60:02} +0000\r\nX-Mailer: bench 1.0\r\n"
            f"X-Campaign: c{dice.randrange(200)}\r\nMIME-Version: 1.0\r\n"
        )
        return sender, recipient, (head + self.body(shape, text, n)).encode()

    def text(self, language, size):
        dice, words = self.dice, self.words[language]
        join = "" if language == "ja" else " "
        out, length = [], 0
        while length < size:
            word = words[min(int(dice.expovariate(6 / len(words))), len(words) - 1)]
            if dice.random() < 0.02:
                word = dice.choice(self.rare) if language != "ja" else "。\r\n"
            out.append(word)
            length += len(word.encode()) + len(join)
            if len(out) % 12 == 0:
                out.append("\r\n")
        return join.join(out) + f"\r\nhttps://app.example/go?id={self.number}\r\n"

    def body(self, shape, text, n):
        plain = f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}"
        rows = text.replace("\r\n", "</td></tr>\r\n<tr><td style=\"padding:4px\">")
        page = (f"<!doctype html><html><head><style>td{{color:#333}}</style></head><body><table><tr><td>{rows}</td></tr>"
                f"</table><a href=\"https://app.example/go?id={n}\">Open</a></body></html>")
        html = f"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{page}\r\n"
        if shape == "plain":
            return plain
        if shape == "html":
            return html
        parts = {"alternative": [plain, html], "related": [html, self.file("image/png", "logo.png", PIXEL, "inline")],
                 "mixed": [plain, self.file("application/pdf", f"invoice-{n}.pdf", self.blob(n), "attachment")]}[shape]
        mark = f"=_{n:x}"
        return f"Content-Type: multipart/{shape}; boundary=\"{mark}\"\r\n\r\n" + "".join(
            f"--{mark}\r\n{part}\r\n" for part in parts) + f"--{mark}--\r\n"

    def blob(self, n):
        return self.dice.randbytes(300_000 if n % 15 == 0 else 12_000)

    @staticmethod
    def file(kind, name, content, disposition):
        lines = base64.encodebytes(content).decode().replace("\n", "\r\n")
        return (f"Content-Type: {kind}; name=\"{name}\"\r\nContent-Disposition: {disposition}; filename=\"{name}\"\r\n"
                f"Content-ID: <{name}>\r\nContent-Transfer-Encoding: base64\r\n\r\n{lines}")


def main():
    count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    for (sender, _, raw), _ in zip(Mails(seed), range(count)):
        lines = raw.replace(b"\r\n", b"\n").replace(b"\nFrom ", b"\n>From ")
        sys.stdout.buffer.write(f"From {sender} Mon Nov 23 10:00:00 2026\n".encode() + lines + b"\n")


if __name__ == "__main__":
    main()
