"""Models as files of ONNX: a plugin of Oneiros."""
