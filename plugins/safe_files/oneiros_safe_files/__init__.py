"""The only place that opens untrusted files: a plugin of Oneiros."""
