"""Models as SavedModels and as TensorFlow Lite files."""
