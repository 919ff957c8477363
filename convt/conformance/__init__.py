"""Our cases against anyone's implementation: which fail, the smallest that does, and the convention that explains them.

Start with ``run.py``. An implementation is a Python function or a program (``implementation.py``), asked in child
processes; cases are configurations of other projects (``third_party.py``) and of the definition's corners
(``corners.py``); ``conventions.py`` holds the mistakes that have a name, and ``naming.py`` finds the one that reproduces
every answer.
"""
