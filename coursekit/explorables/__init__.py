"""Pictures that are drawn in the browser and follow the hand, one ES module each. How one is added: CONTRIBUTING.md."""

from coursekit.explorables.beliefs import BeliefBoxes

__all__ = ["BeliefBoxes"]
