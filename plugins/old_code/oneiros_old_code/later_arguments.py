"""Arguments of Keras 2 and 3 that Keras 1 has under another name, or not at all.

The names of layers' arguments come from the migrations; see `spellings`.
"""

from __future__ import annotations

RENAMED = {
    "axis": "concat_axis",
    "data_format": "dim_ordering",
    "dilation_rate": "atrous_rate",
    "epochs": "nb_epoch",
    "learning_rate": "lr",
    "max_queue_size": "max_q_size",
    "max_value": "m",
    "min_delta": "epsilon",
    "num_classes": "nb_classes",
    "num_words": "nb_words",
    "rate": "level",
    "stddev": "std",
    "use_multiprocessing": "pickle_safe",
    "vocab_size": "vocabulary_size",
    "workers": "nb_worker",
}
"""Names in Keras 1, for functions that have an argument of that name."""

COUNTING_SAMPLES = {
    "steps": "val_samples",
    "steps_per_epoch": "samples_per_epoch",
    "validation_steps": "nb_val_samples",
}
"""Numbers of batches in Keras 2, and arguments with numbers of samples in Keras 1."""

BEST_WEIGHTS = (
    "Add ModelCheckpoint('best.h5', save_best_only=True) to the callbacks, and call "
    "model.load_weights('best.h5') after training"
)
IN_PREPROCESSING = "Write preprocessing_function=f, where f(image) returns an image"
SPLIT = "Split the data first, and make one generator for each part"
WHOLE_DATA = (
    "Remove it: arrays are used whole, batch_size samples at a time. For a generator, "
    "call the method that ends in _generator"
)
TENSORBOARD = (
    "Remove it: TensorBoard(log_dir, histogram_freq, write_graph, write_images)"
)

WITHOUT_EQUIVALENT = {
    "baseline": "Remove it, or write a Callback that sets model.stop_training = True",
    "brightness_range": IN_PREPROCESSING,
    "color_mode": "Write grayscale=True for images without colours",
    "compile": "Remove it: a model that was compiled is compiled when it is loaded",
    "document_count": "Remove it: fit_on_texts(texts) counts the documents",
    "embeddings_freq": TENSORBOARD,
    "file_hash": "Write md5_hash='…'",
    "initial_state": (
        "Write stateful=True, and layer.reset_states() where a sequence begins"
    ),
    "interpolation": "Resize the images with Pillow",
    "interpolation_order": "Remove it: images are interpolated linearly",
    "oov_token": "Remove it: words that the tokenizer doesn't know are left out",
    "profile_batch": TENSORBOARD,
    "return_state": "Write return_sequences=True, and take the last step: x[:, -1]",
    "rankdir": "Remove it: drawings run from top to bottom",
    "restore_best_weights": BEST_WEIGHTS,
    "save_format": "Remove it: the ending of the path is the format",
    "save_freq": "Write period=n to save every n epochs",
    "send_as_json": "Remove it: the logs are sent as a form",
    "start_from_epoch": "Raise patience, or call fit twice",
    "steps": WHOLE_DATA,
    "steps_per_epoch": WHOLE_DATA,
    "subset": SPLIT,
    "training": "Remove it: write K.set_learning_phase(1), or 0, before the call",
    "update_freq": TENSORBOARD,
    "validation_split": SPLIT,
    "validation_steps": WHOLE_DATA,
    "write_grads": TENSORBOARD,
}
"""What to do about arguments that have no equivalent, or one with another meaning."""
