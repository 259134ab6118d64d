"""SimpleRNN, GRU, LSTM and ConvLSTM2D: a plugin of Oneiros."""
