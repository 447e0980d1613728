"""Pictures that are drawn in the browser and follow the hand, one ES module each. How one is added: CONTRIBUTING.md."""

from coursekit.explorables.beliefs import BeliefBoxes
from coursekit.explorables.sequences import CtcLattice

__all__ = ["BeliefBoxes", "CtcLattice"]
