"""Training on several devices and hosts: a plugin of Oneiros."""
