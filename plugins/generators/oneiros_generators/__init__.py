"""Training and predicting on sources of batches: a plugin of Oneiros."""
