"""Models as SavedModels and as TensorFlow Lite files: a plugin of Oneiros."""
