"""Training, evaluating and predicting on generators and other sources of batches: a
plugin of Oneiros."""
