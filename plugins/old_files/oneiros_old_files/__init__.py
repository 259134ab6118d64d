"""Reading what other versions of Keras wrote, class by class: a plugin of Oneiros."""
