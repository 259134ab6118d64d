"""Pictures of models and of training, diagnostics and profiles: a plugin of Oneiros."""
