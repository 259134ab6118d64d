"""The version of Theano whose names these are; code branches on it."""

version = "0.9.0"
short_version = version
full_version = version
git_revision = ""
release = True

__all__ = ["full_version", "git_revision", "release", "short_version", "version"]
