"""Machine code for the derivative of convolutions by their kernels.

Without it, a training step of a CNN (case b of benchmarks/compare.py) takes 1.2 times
the processor time; a step of a network of volumes takes 1.3 times on Theano, and 1.7 on
JAX (benchmarks/volumes.py). The README describes the measurements.
"""
