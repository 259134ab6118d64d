"""The one table of golden cases that don't agree with Keras 1.2.2, or can't run yet,
each with its reason.

Those of functions.json, layers.json, training.json and models/ have no exception. What
agrees, or could run,
may not stand here: the tests that read this table check it.
"""

BEFORE_SUMMING = (
    "On TensorFlow an Embedding's gradient was one slice per lookup, and Keras "
    "1.2.2 clipped each slice "
    "before those of one row were summed. On Theano it clipped the sum: its "
    "documented meaning."
)
OPTIMIZERS = {"emb_sgd_clipvalue": BEFORE_SUMMING}
"""Case ids of optimizers.json; they differ on both backends."""
