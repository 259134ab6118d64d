"""Trainings in MLflow, TensorBoard, Optuna and a log book: a plugin of Oneiros."""
