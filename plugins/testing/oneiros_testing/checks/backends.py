"""What must hold for a backend."""

from oneiros.backend.contract import Backend, missing

from oneiros_testing.checks import Subject, check


@check("backend")
def check_is_a_backend(subject: Subject) -> None:
    """It is a class derived from `oneiros.backend.Backend`."""
    component = subject.component
    assert isinstance(component, type) and issubclass(component, Backend), (
        f"The backend {subject.name!r} isn't a subclass of Backend."
    )


@check("backend", after=["check_is_a_backend"])
def check_defines_what_is_required(subject: Subject) -> None:
    """It defines every function without which it can't be selected by name."""
    lacking = missing(subject.component)
    assert not lacking, (
        f"The backend {subject.name!r} must define {', '.join(lacking)}."
    )
