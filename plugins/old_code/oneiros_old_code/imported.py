"""Modules that Keras 1's modules had imported, so that `import *` provided them."""

import copy as copy
import csv as csv
import functools as functools
import gzip as gzip
import hashlib as hashlib
import inspect as inspect
import json as json
import multiprocessing as multiprocessing
import os as os
import queue as queue
import re as re
import shutil as shutil
import sys as sys
import tarfile as tarfile
import threading as threading
import time as time
import types as types
import warnings as warnings
from collections import OrderedDict as OrderedDict
from collections import defaultdict as defaultdict
from collections import deque as deque
from collections.abc import Iterable as Iterable

import numpy as np

__all__ = ["np", "python_types", "range", "zip"]

python_types = types
range = range
zip = zip
