"""The one place that opens untrusted files: a plugin of Oneiros."""
