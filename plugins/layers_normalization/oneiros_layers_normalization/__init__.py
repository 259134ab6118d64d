"""The BatchNormalization layer: a plugin of Oneiros."""
