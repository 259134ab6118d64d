"""Python code in a process of its own."""

import os
import subprocess
import sys


def run_python(
    code,
    *arguments,
    options=(),
    check=True,
    cwd=None,
    without=(),
    timeout=300,
    **variables,
):
    """Runs code in a new process of this Python; returns it with its output, as text.

    # Arguments
        code: str, the program.
        arguments: what it finds in `sys.argv`.
        options: list of str, options of the interpreter.
        check: bool, whether the test fails if the process does.
        cwd: the folder it runs in.
        without: list of str, environment variables that it doesn't get.
        timeout: seconds after which it is ended, as it hangs.
        variables: those that it gets besides this process's, or instead.
    """
    environment = {k: v for k, v in os.environ.items() if k not in without}
    done = subprocess.run(
        [sys.executable, *options, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment | variables,
        timeout=timeout,
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done
