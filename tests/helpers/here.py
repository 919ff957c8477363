"""A function as an implementation in the test's own process."""

import numpy as np

from convt.conformance.outcome import Outcome


class Here:
    """A function as an implementation in this process."""

    def __init__(self, function):
        self.function = function

    def answer(self, case):
        arrays = [None if array is None else array.astype(np.float32) for array in case.inputs()]
        try:
            return Outcome("answered", np.asarray(self.function(*arrays[:3 - (case.map == 'conv_weight_gradient')], **case.arguments()), np.float64))
        except NotImplementedError as error:
            return Outcome("refused", words=str(error))
        except Exception as error:
            return Outcome("raised", words=f"{type(error).__name__}: {error}")

    def close(self):
        pass
