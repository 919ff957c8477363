"""Terms, formulas and names, written: in LaTeX, as one line of Unicode, as MathML. Documents are made in ``render``."""
