"""Convolutions, upsampling, padding and cropping: a plugin of Oneiros."""
