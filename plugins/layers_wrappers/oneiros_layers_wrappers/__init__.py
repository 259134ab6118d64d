"""TimeDistributed and Bidirectional: a plugin of Oneiros."""
