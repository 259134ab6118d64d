"""Trainings that end before their time, as if their process had."""

from oneiros.callbacks import Callback


class InterruptionError(Exception):
    """Stands for the end of a process."""


class Interrupting(Callback):
    """Ends a training after some batches; it has no state, and gets none."""

    def __init__(self, left):
        self.left = left

    def get_state(self):
        return None

    def set_state(self, state):
        assert state is None

    def on_batch_end(self, batch, logs=None):
        self.left -= 1
        if not self.left:
            self.interrupt()

    def interrupt(self):
        raise InterruptionError


class InterruptingRuns(Interrupting):
    """Lets batches run many in one call."""

    called_after_runs = True
