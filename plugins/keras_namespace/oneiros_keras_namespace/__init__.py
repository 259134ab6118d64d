"""Makes `import keras` mean Oneiros: a plugin of Oneiros."""
