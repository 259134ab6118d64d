"""How many of the planted faults break a fact of Keras 1.2.2."""

import faulty_backends
import faulty_files
import faulty_functions
import faulty_layers
import faulty_objects
from facts_of_keras1 import FACTS

PLANTED = {
    *(layer.__name__ for layer, _ in faulty_layers.FAULTS),
    *(backend.__name__ for backend in faulty_backends.FAULTS.values()),
    *(
        component.__name__
        for module in (faulty_files, faulty_functions, faulty_objects)
        for _, component, _ in module.FAULTS
    ),
}


def test_eighty_planted_faults_break_facts_of_keras_1():
    named = [fault for faults in FACTS.values() for fault in faults]
    assert set(named) <= PLANTED and len(named) == len(set(named)) >= 80
