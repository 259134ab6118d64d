"""A real HTTP server on this machine, with the faults that servers have, and archives
for it to serve."""

import contextlib
import io
import socket
import tarfile
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass
class Served:
    """A file that the server has, and how it behaves.

    # Attributes
        content: bytes of the file.
        breaks: list of int, behind how many bytes of an answer the connection breaks
            off, answer by answer; afterwards it doesn't.
        etag: what names this version of the file, or None.
        ranges: whether parts of the file can be asked for.
        claimed: what the answer claims as its length, if it lies.
        headers: further headers.
        status: int, the answer's status.
        requests: the headers of each request, for the test to look at.
    """

    content: bytes
    breaks: list = field(default_factory=list)
    etag: str | None = '"1"'
    ranges: bool = True
    claimed: int | None = None
    headers: dict = field(default_factory=dict)
    status: int = 200
    requests: list = field(default_factory=list)

    def part(self, asked):
        """Returns the first byte that a request is about."""
        begin = asked.get("Range", "").removeprefix("bytes=").removesuffix("-")
        if not (self.ranges and begin and asked.get("If-Range") == self.etag):
            return 0
        return int(begin)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        served = self.server.files.get(self.path)
        self.close_connection = True
        if served is None:
            self.send_error(404)
            return
        served.requests.append(dict(self.headers))
        self.answer(served)

    def answer(self, served):
        size = len(served.content)
        begin = served.part(self.headers)
        if begin and begin >= size:
            self.send_error(416)
            return
        self.send_response(206 if begin else served.status)
        length = size - begin if served.claimed is None else served.claimed
        self.send_header("Content-Length", str(length))
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{size - 1}/{size}")
        if served.etag:
            self.send_header("ETag", served.etag)
        for name, value in served.headers.items():
            self.send_header(name, value)
        self.end_headers()
        end = begin + served.breaks.pop(0) if served.breaks else size
        with contextlib.suppress(ConnectionError):
            self.wfile.write(served.content[begin:end])

    def log_message(self, *args):
        pass


class LocalServer:
    """Serves files at addresses such as `http://127.0.0.1:1234/name`.

    # Attributes
        files: dict from path, such as `"/name"`, to `Served`.
    """

    def __init__(self):
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.files = self._server.files = {}
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.01])

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def serve(self, name, content=b"", **behaviour):
        """Serves a file; returns what is served, with its address as `url`."""
        served = self.files[f"/{name}"] = Served(content, **behaviour)
        served.url = f"http://127.0.0.1:{self._server.server_port}/{name}"
        return served


@pytest.fixture
def server():
    with LocalServer() as server:
        yield server


def tar(members):
    """Returns an archive with these contents of files by their names."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return data.getvalue()


def closed_address():
    """Returns an address at which nothing answers."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}/file"
