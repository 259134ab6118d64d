"""Training and predicting on sources of batches."""
