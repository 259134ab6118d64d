"""What a training step costs on several devices: a model, and figures of machines."""
