"""`np_utils` and the other helpers of `keras.utils`: a plugin of Oneiros."""
