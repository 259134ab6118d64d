"""GaussianNoise and GaussianDropout: a plugin of Oneiros."""
