"""From models to spec files: which convolutions a model has, as layers that ``convt check`` reads.

A file a format finds layers (``onnx``, ``torch``), ``rows`` makes of each what a spec can say of it, ``write`` writes the spec.
"""
