"""A deep Q-network: reinforcement learning balances a pole on a cart.

At each step the cart is pushed to the left or to the right. A step that the pole stands
is a point, and 500 end the game. The network estimates the points to come. It learns
from steps that it remembers, and from what an older copy of it expects after them.

    python3 run.py --group tasks examples/dqn.py

The game is CartPole-v1 of gymnasium (MIT). The baseline: random pushes.

The method is that of Volodymyr Mnih and others, Human-level control through deep
reinforcement learning, 2015.
"""

import gymnasium
import numpy as np
from matplotlib.figure import Figure
from oneiros import backend as K
from oneiros.layers import Dense
from oneiros.models import Sequential
from oneiros.optimizers import Adam

SEED = 1337
TARGET = 400
NB_STEP = 80000
NB_RANDOM = 1000
SOLVED = 475
BATCH_SIZE = 64
DISCOUNT = 0.99
TRAIN_EVERY = 2
COPY_EVERY = 256
EXPLORATION = (1.0, 0.04)
NB_EXPLORATION = 8000
CHECK_SEEDS = range(5000, 5010)
TEST_SEEDS = range(10_000, 10_030)
STEP = [
    ("before", "f4", 4),
    ("push", "i4"),
    ("points", "f4"),
    ("after", "f4", 4),
    ("fallen", "?"),
]


def build_model():
    """Returns a compiled network, from what is seen to the estimates of both pushes."""
    model = Sequential()
    model.add(Dense(128, activation="relu", input_dim=4))
    model.add(Dense(128, activation="relu"))
    model.add(Dense(2))
    model.compile(Adam(lr=0.0023), "mse")
    return model


def player(model):
    """Returns a function from what is seen to the push of which more is expected."""
    return lambda seen: int(model.predict_on_batch(seen[None]).argmax())


def learn(model, older, steps):
    """Moves estimates towards what the pushes earned, and the best that can follow."""
    best = older.predict_on_batch(steps["after"]).max(axis=1)
    estimates = model.predict_on_batch(steps["before"])
    points = steps["points"] + DISCOUNT * best * ~steps["fallen"]
    estimates[np.arange(len(steps)), steps["push"]] = points
    model.train_on_batch(steps["before"], estimates)


def train(model, seed):
    """Plays and learns until it plays well. Returns the points of each game."""
    game = gymnasium.make("CartPole-v1")
    older = build_model()
    choose = player(model)
    memory = np.zeros(NB_STEP, STEP)
    seen, _ = game.reset(seed=seed)
    returns = [0]
    for step in range(NB_STEP):
        if step % COPY_EVERY == 0:
            older.set_weights(model.get_weights())
        if np.random.rand() < np.interp(step, (NB_RANDOM, NB_EXPLORATION), EXPLORATION):
            push = np.random.randint(2)
        else:
            push = choose(seen)
        after, points, fallen, out_of_time, _ = game.step(push)
        memory[step] = (seen, push, points, after, fallen)
        returns[-1] += points
        seen = after
        if fallen or out_of_time:
            if out_of_time and play(choose, CHECK_SEEDS) >= SOLVED:
                return returns
            seen, _ = game.reset()
            returns.append(0)
        if step >= NB_RANDOM and step % TRAIN_EVERY == 0:
            learn(model, older, memory[np.random.randint(0, step, BATCH_SIZE)])
    return returns[:-1]


def play(choose, seeds):
    """Returns the mean points of the games with these seeds."""
    game = gymnasium.make("CartPole-v1")
    total = 0
    for seed in seeds:
        seen, _ = game.reset(seed=seed)
        over = False
        while not over:
            seen, points, fallen, out_of_time, _ = game.step(choose(seen))
            total += points
            over = fallen or out_of_time
    return total / len(seeds)


def draw(returns, baseline):
    """Draws the points of each game of the training."""
    figure = Figure((10, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot(returns, ".", markersize=4, label="one game")
    means = np.convolve(returns, np.ones(20) / 20, "valid")
    axes.plot(np.arange(len(means)) + 19, means, label="mean of 20 games")
    axes.axhline(baseline, color="gray", linestyle="--", label="pushes at random")
    axes.set(title="Balancing a pole", xlabel="game", ylabel="points")
    axes.legend()
    figure.savefig("dqn.png")
    print("the points of each game: dqn.png")


def main(seed=SEED):
    """Trains the network, and returns the mean points of its games in the test."""
    np.random.seed(seed)
    baseline = play(lambda seen: np.random.randint(2), TEST_SEEDS)
    model = build_model()
    model.summary()
    draw(train(model, seed), baseline)
    score = play(player(model), TEST_SEEDS)
    print(f"baseline: pushes at random {baseline:.1f} points")
    print(f"\nbackend {K.backend()}: mean points {score:.4f}, target {TARGET}")
    return score


if __name__ == "__main__" and main() < TARGET:
    raise SystemExit("the points fell short of the target")
