"""Names beyond their functions that star imports of Keras 1's modules provided.

Keras 1's modules had imported them for their own use, and scripts rely on them.
"""

import os
import random
import re
import string
import sys
import threading
import warnings

import numpy as np
from oneiros import backend as K
from PIL import Image
from scipy import linalg
from scipy import ndimage as ndi

__all__ = [
    "K",
    "linalg",
    "maketrans",
    "ndi",
    "np",
    "os",
    "pil_image",
    "random",
    "re",
    "string",
    "sys",
    "threading",
    "warnings",
]
maketrans = str.maketrans
pil_image = Image
