"""The ONNX backend: a plugin of Oneiros."""
