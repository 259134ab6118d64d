"""Machine code for the derivative of convolutions by their kernels."""
