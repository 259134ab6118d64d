"""What is wrong with a training, and what will it take: a plugin of Oneiros."""
