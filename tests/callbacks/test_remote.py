"""RemoteMonitor, against a server on this machine."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import numpy as np
import pytest
from oneiros.callbacks import RemoteMonitor
from small_models import compiled_dense


class Receiving(BaseHTTPRequestHandler):
    """Keeps what is posted, and answers with the server's `status`."""

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        self.server.received.append(
            (self.path, self.headers, self.rfile.read(length).decode())
        )
        self.send_response(self.server.status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Receiving) as server:
        server.received = []
        server.status = 200
        server.root = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def fitted(monitor):
    model = compiled_dense(2, metrics=["mae"])
    x = np.random.random((8, 2))
    return model.fit(
        x, x[:, :1], nb_epoch=2, verbose=0, validation_split=0.5, callbacks=[monitor]
    )


def test_a_server_gets_each_epoch(server):
    history = fitted(RemoteMonitor(root=server.root)).history
    assert len(server.received) == 2
    for epoch, (path, headers, body) in enumerate(server.received):
        assert path == "/publish/epoch/end/"
        assert headers["Content-Type"] == "application/x-www-form-urlencoded"
        form = parse_qs(body, strict_parsing=True)
        assert list(form) == ["data"]
        assert json.loads(form["data"][0]) == {
            "epoch": epoch,
            **{name: values[epoch] for name, values in history.items()},
        }


def test_path_field_and_headers_are_the_users(server):
    monitor = RemoteMonitor(server.root, "/here", "log", {"X-Token": "abc"})
    monitor.on_epoch_end(3, {"loss": np.float32(0.5), "parts": np.array([1, 2])})
    ((path, headers, body),) = server.received
    assert (path, headers["X-Token"]) == ("/here", "abc")
    assert json.loads(parse_qs(body)["log"][0]) == {
        "epoch": 3,
        "loss": 0.5,
        "parts": [1, 2],
    }


@pytest.mark.parametrize("status", [404, 500])
def test_training_survives_an_answer_that_is_an_error(server, status):
    server.status = status
    with pytest.warns(RuntimeWarning, match=rf"epoch \d to .*: HTTP Error {status}"):
        history = fitted(RemoteMonitor(root=server.root))
    assert history.epoch == [0, 1] and len(server.received) == 2


def test_training_survives_a_server_that_is_not_there():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # and doesn't listen
        root = f"http://127.0.0.1:{held.getsockname()[1]}"
        with pytest.warns(RuntimeWarning, match=r"couldn't send .*refused") as caught:
            history = fitted(RemoteMonitor(root=root))
    assert history.epoch == [0, 1]
    assert {each.filename for each in caught} == {__file__}


def test_training_survives_a_server_that_does_not_answer(monkeypatch):
    monkeypatch.setattr("oneiros_callbacks.remote.SECONDS_TO_ANSWER", 0.05)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        root = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.warns(RuntimeWarning, match="timed out"):
            RemoteMonitor(root=root).on_epoch_end(0, {"loss": 1.0})


@pytest.mark.parametrize(
    "root", ["localhost:9000", "nonsense", "http://[", "http://a b"]
)
def test_training_survives_an_address_that_is_none(root):
    with pytest.warns(RuntimeWarning, match="couldn't send"):
        RemoteMonitor(root=root).on_epoch_end(0, {"loss": 1.0})


def test_a_file_of_a_resumed_training_can_not_redirect_it():
    monitor = RemoteMonitor()
    monitor.set_state({"root": "http://elsewhere"})
    assert monitor.get_state() is None and monitor.root == "http://localhost:9000"
