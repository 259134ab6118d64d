"""The `oneiros` command, which inspects and converts model files. A plugin of
Oneiros."""
