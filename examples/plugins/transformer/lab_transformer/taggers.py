"""A whole network of encoder blocks."""

from oneiros.layers import Activation, Dense, Embedding, Input, TimeDistributed
from oneiros.models import Model

from lab_transformer.blocks import EncoderBlock
from lab_transformer.bounds import ZeroRow, ZLoss
from lab_transformer.places import LearnedEncoding


def tagger(
    words: int, classes: int, max_steps: int, blocks: int = 2, num_heads: int = 4
) -> Model:
    """Returns a network that gives each word of a sequence the probabilities of its
    classes.

    Words are numbers; 0 is no word: it is masked, and its vector stays at zero.

    # Arguments
        words: int, the number of words, with 0.
        classes: int.
        max_steps: int, the length of the longest sequence.
        blocks: int, the number of encoder blocks.
        num_heads: int, the number of heads of each; a head has 8 features.

    # Example
        ```python
        from oneiros.applications.transformer import tagger

        model = tagger(words=100, classes=5, max_steps=20)
        print(model.output_shape)  # (None, 20, 5)
        ```
    """
    features = 8 * num_heads
    numbers = Input(shape=(max_steps,), dtype="int32")
    x = Embedding(
        words, features, init="small_normal", mask_zero=True, W_constraint=ZeroRow()
    )(numbers)
    x = LearnedEncoding(max_steps)(x)
    for _ in range(blocks):
        block = EncoderBlock(
            num_heads,
            key_dim=8,
            hidden_dim=2 * features,
            activation="squared_relu",
            norm_first=True,
        )
        x = block(x)
    scores = TimeDistributed(Dense(classes, activity_regularizer=ZLoss()))(x)
    return Model(numbers, Activation("softmax")(scores))
