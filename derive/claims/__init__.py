"""What a step of a proof may assert: index statements, sums, polynomial identities, certificates.

Each kind knows how it is judged: index statements by isl, the solvers and enumeration, sums by judged bijections of
their index sets, identities and certificates as polynomials over the integers. What says nothing is refused when it is
made (``Refused``), and a statement whose hypotheses contradict each other proves nothing. Nothing here calls
``simplify``.
"""

from ..statement import Refused
from .algebra import Identity, Unequal, same_polynomial
from .certificate import Certificate
from .index import Claim, ForAll, SameSum, Sum, written

__all__ = ["Certificate", "Claim", "ForAll", "Identity", "Refused", "SameSum", "Sum", "Unequal", "same_polynomial", "written"]
