"""A WebSocket client (RFC 6455) that is as small as this benchmark needs: it reads text frames."""

import base64
import os
import socket


class WebSocket:
    def __init__(self, where, path):
        self.stream = socket.create_connection(where, 10)
        key = base64.b64encode(os.urandom(16)).decode()
        self.stream.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {where[0]}:{where[1]}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        self.waiting = b""
        while b"\r\n\r\n" not in self.waiting:
            self.fill()
        head, _, self.waiting = self.waiting.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101 "):
            raise ConnectionError(head.decode("latin-1"))

    def text(self):
        """The next text frame's content; other frames are passed over."""
        while True:
            first, length = self.take(2)
            length &= 127  # a server's frames have no mask
            if length > 125:
                length = int.from_bytes(self.take(2 if length == 126 else 8), "big")
            content = self.take(length)
            if first == 0x81:
                return content
            if first & 15 == 8:
                raise ConnectionError("the server closed the socket")

    def take(self, count):
        while len(self.waiting) < count:
            self.fill()
        taken, self.waiting = self.waiting[:count], self.waiting[count:]
        return taken

    def fill(self):
        chunk = self.stream.recv(65536)
        if not chunk:
            raise ConnectionError("the server hung up")
        self.waiting += chunk

    def close(self):
        # Wakes a thread that reads.
        self.stream.shutdown(socket.SHUT_RDWR)
        self.stream.close()
