"""A Redis server that knows what the gateway needs: a real socket, the real protocol."""

import socketserver
import threading
import time
from types import TracebackType
from typing import Self


class TinyRedis:
    """Runs in a thread from ``with`` on. ``expiry_s`` is what each key was stored with."""

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {}
        self.expiry_s: dict[bytes, int] = {}
        self.hashes: dict[bytes, dict[bytes, bytes]] = {}
        self.is_silent = False
        self.commands: list[bytes] = []
        owner = self

        class Handler(socketserver.StreamRequestHandler):
            # as Redis itself: else a few small answers in a row wait for each other
            disable_nagle_algorithm = True

            def handle(self) -> None:
                owner.serve(self)

        class Threaded(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False

        self._server = Threaded(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._server.server_address[1]}/0"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, place: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Take no more connections; may be called again."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self, connection: socketserver.StreamRequestHandler) -> None:
        """Answer one connection until it ends."""
        queued: list[list[bytes]] = []
        while line := connection.rfile.readline():
            arguments = []
            for _ in range(int(line[1:])):
                length = int(connection.rfile.readline()[1:])
                arguments.append(connection.rfile.read(length + 2)[:-2])
            if not self.is_silent:
                connection.wfile.write(self._in_turn(arguments, queued))

    def _in_turn(self, arguments: list[bytes], queued: list[list[bytes]]) -> bytes:
        """The answer to a command, which inside a transaction waits for its end."""
        match arguments[0].upper():
            case b"MULTI":
                queued.append(arguments)
                return b"+OK\r\n"
            case b"EXEC":
                answers = [self._answer(command) for command in queued[1:]]
                queued.clear()
                return b"*%d\r\n%b" % (len(answers), b"".join(answers))
            case _ if queued:
                queued.append(arguments)
                return b"+QUEUED\r\n"
            case _:
                return self._answer(arguments)

    def _answer(self, arguments: list[bytes]) -> bytes:
        command, *rest = arguments
        self.commands.append(command.upper())
        match command.upper():
            case b"HELLO":
                return b"%1\r\n$5\r\nproto\r\n:3\r\n"
            case b"PING":
                return b"+PONG\r\n"
            case b"SET":
                self.values[rest[0]] = rest[1]
                self.expiry_s[rest[0]] = int(rest[rest.index(b"EX") + 1])
                return b"+OK\r\n"
            case b"GET":
                found = self.values.get(rest[0])
                return b"_\r\n" if found is None else b"$%d\r\n%b\r\n" % (len(found), found)
            case b"HSET":
                self.hashes.setdefault(rest[0], {})[rest[1]] = rest[2]
                return b":1\r\n"
            case b"HGET":
                piece = self.hashes.get(rest[0], {}).get(rest[1])
                return b"_\r\n" if piece is None else b"$%d\r\n%b\r\n" % (len(piece), piece)
            case b"EXPIRE":
                self.expiry_s[rest[0]] = int(rest[1])
                return b":1\r\n"
            case b"DEL":
                self.hashes.pop(rest[0], None)
                return b":1\r\n"
            case b"WAIT":
                # nobody replicates this server, so it waits as long as it may
                time.sleep(int(rest[1]) / 1000)
                return b":0\r\n"
            case _:
                return b"+OK\r\n"
