"""The processes in which other libraries compute: functions of the standard library
stand for theirs."""

import pytest
from oneiros.exports import ExportError, shared_processes
from oneiros_exports.processes import call

PID = "os:getpid"


def pid(package="one"):
    return call(package, PID, [], "No number")


def test_calls_share_a_process_per_package_within_the_block_alone():
    with shared_processes():
        first = pid()
        assert pid() == first
        assert pid("another") != first
    assert pid() != first


def test_what_a_library_prints_is_no_answer():
    with shared_processes():
        assert call("one", "builtins:print", ['{"result": 7}'], "No text") is None
        assert call("one", "posixpath:join", ["a", "b"], "No path") == "a/b"


def test_an_error_is_quoted_and_the_process_goes_on():
    with shared_processes():
        first = pid()
        with pytest.raises(ExportError, match=r"^No file: FileNotFoundError: .*'none'"):
            call("one", "os:listdir", ["none"], "No file")
        assert pid() == first


def test_after_a_process_that_ended_comes_another():
    with shared_processes():
        first = pid()
        with pytest.raises(ExportError, match=r"^No way \(exit status -6\): "):
            call("one", "os:abort", [], "No way")
        assert pid() != first
