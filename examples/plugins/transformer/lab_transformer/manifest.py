"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl


@hookimpl
def oneiros_layers() -> dict[str, str]:
    """The layers by name."""
    return {
        "EncoderBlock": "lab_transformer.blocks:EncoderBlock",
        "LearnedEncoding": "lab_transformer.places:LearnedEncoding",
        "RotaryAttention": "lab_transformer.rotary:RotaryAttention",
        "SinusoidalEncoding": "lab_transformer.places:SinusoidalEncoding",
    }
