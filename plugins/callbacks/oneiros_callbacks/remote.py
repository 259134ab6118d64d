"""`RemoteMonitor`: sends the epochs to a server."""

import json
from http.client import HTTPException
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from oneiros import processes
from oneiros.arguments import open_to_old_code
from oneiros.bases import Callback, Logs

from oneiros_callbacks.messages import warn

SECONDS_TO_ANSWER = 10.0
"""After this number of seconds, training continues without an answer."""


class RemoteMonitor(Callback):
    """Sends each epoch's values to a server.

    It posts a form with one field, which contains a JSON object with `epoch` and the
    values. If the server doesn't answer, or answers with an error, the callback warns,
    and training continues.

    # Example
        ```python
        from oneiros.callbacks import RemoteMonitor

        monitor = RemoteMonitor(root="http://localhost:9000")
        print(monitor.root + monitor.path)
        # http://localhost:9000/publish/epoch/end/
        ```

    # Arguments
        root: str, the server's address.
        path: str, the path on it.
        field: str, the name of the form's field.
        headers: dict of additional headers of the request.
    """

    @open_to_old_code
    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: dict[str, str] | None = None,
    ):
        self.root = root
        self.path = path
        self.field = field
        self.headers = {"Accept": "application/json"} if headers is None else headers

    def get_state(self) -> None:
        """Has no state: only the program decides about the address."""

    def set_state(self, state) -> None:
        """Ignores the state."""

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Sends the epoch's values."""
        if not processes.is_first():
            return
        values = {"epoch": epoch, **(logs or {})}
        form = urlencode({self.field: json.dumps(values, default=_plain)})
        address = self.root + self.path
        try:
            request = Request(address, form.encode(), self.headers)
            with urlopen(request, timeout=SECONDS_TO_ANSWER) as answer:
                answer.read()
        except (OSError, HTTPException, ValueError) as error:
            warn(
                f"RemoteMonitor couldn't send epoch {epoch} to {address}: {error}. "
                "Training continues. Start the server there, or pass its address as "
                "root."
            )


def _plain(value):
    """Returns numbers and arrays of NumPy as plain numbers and lists."""
    return value.tolist()
