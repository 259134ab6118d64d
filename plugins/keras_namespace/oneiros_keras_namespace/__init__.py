"""Makes `import keras` import Oneiros: a plugin of Oneiros."""
