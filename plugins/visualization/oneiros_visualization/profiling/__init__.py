"""Shows where the time of training steps goes."""
