"""Classes of later versions of Keras whose arrays or arguments need code."""
