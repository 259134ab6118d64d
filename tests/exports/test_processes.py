"""The processes in which other libraries compute: functions of the standard library
stand for theirs."""

import oneiros
import pytest
from oneiros.exports import ExportError, shared_processes
from oneiros.layers import Dense
from oneiros.models import Sequential
from oneiros_exports import processes
from oneiros_exports.processes import call


def pid():
    return call("os:getpid", [], "No number")


def test_calls_share_a_process_per_package_within_the_block_alone():
    with shared_processes():
        first = pid()
        assert pid() == first
        call("os.path:basename", ["a"], "No path")
        assert len(processes._shared[-1]) == 2 and pid() == first
    assert pid() != first


@pytest.mark.slow
def test_each_library_of_a_block_has_a_process_of_its_own(tmp_path):
    """TensorFlow's part keeps out Keras, which was then missing for Keras's."""
    model = Sequential([Dense(2, input_dim=3)])
    with shared_processes():
        for name in ("saved_model", "m.keras"):
            assert oneiros.export(model, tmp_path / name).comparison.agrees


def test_what_a_library_prints_is_no_answer():
    with shared_processes():
        assert call("builtins:print", ['{"result": 7}'], "No text") is None
        assert call("posixpath:join", ["a", "b"], "No path") == "a/b"


def test_a_process_that_prints_when_it_starts(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("print('hello', flush=True)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ExportError, match="prints something by itself"):
        pid()


def test_keras_is_keras_where_the_namespace_is_installed(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("import oneiros_keras_namespace.finder")
    (tmp_path / "keras.py").write_text("def version(): return '3.15'")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert call("keras:version", [], "No version") == "3.15"


def test_an_error_is_quoted_and_the_process_goes_on():
    with shared_processes():
        first = pid()
        with pytest.raises(ExportError, match=r"^No file: FileNotFoundError: .*'none'"):
            call("os:listdir", ["none"], "No file")
        assert pid() == first


def test_after_a_process_that_ended_comes_another():
    with shared_processes():
        first = pid()
        with pytest.raises(ExportError, match=r"^No way \(exit status -6\): "):
            call("os:abort", [], "No way")
        assert pid() != first
