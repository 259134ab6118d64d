"""Images as arrays: files, transformations, and batches of augmented images."""
