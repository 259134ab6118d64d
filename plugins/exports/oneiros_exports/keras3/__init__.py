"""Models as files of Keras 3."""
