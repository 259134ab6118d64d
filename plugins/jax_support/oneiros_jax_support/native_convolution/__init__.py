"""Machine code for the derivative of convolutions by their kernels.

A training step of a CNN (case b of benchmarks/compare.py) takes 82 ms of processor time
with it and 95 ms without. A step of a network of volumes (benchmarks/volumes.py) takes
331 ms and 460 ms on Theano, 297 ms and 609 ms on JAX. The README describes the
measurements.
"""
