"""Modules that Keras 1's modules had imported, so that `import *` provided them."""

# ruff: noqa: F401  other modules refer to them

import copy
import csv
import functools
import gzip
import hashlib
import inspect
import json
import multiprocessing
import os
import queue
import random
import re
import shutil
import string
import sys
import tarfile
import threading
import time
import types
import warnings
from collections import OrderedDict, defaultdict, deque
from collections.abc import Iterable

import numpy as np

python_types = types
range = range
zip = zip
