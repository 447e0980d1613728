"""Pictures that are drawn in the browser and follow the hand, one ES module each. How one is added: CONTRIBUTING.md."""

from coursekit.explorables.beliefs import BeliefBoxes, CurveDoctor, Huffman, Reliability, SoftmaxLogits
from coursekit.explorables.fitting import Diamond, NoiseModel, Pulls
from coursekit.explorables.ordering import ClassGaps, PreferencePlane, TripletZones
from coursekit.explorables.sequences import CtcLattice, PrefixTree, TableTiles

__all__ = [
    "BeliefBoxes",
    "ClassGaps",
    "CtcLattice",
    "CurveDoctor",
    "Diamond",
    "Huffman",
    "NoiseModel",
    "PreferencePlane",
    "PrefixTree",
    "Pulls",
    "Reliability",
    "SoftmaxLogits",
    "TableTiles",
    "TripletZones",
]
