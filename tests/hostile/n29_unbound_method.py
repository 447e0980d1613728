# EX: cross_entropy
import torch


class Mine:
    def inside(self):
        return self._C

    def losses(self):
        return self._nn

    def loss(self):
        return self.cross_entropy_loss


def cross_entropy(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """`self` is the first parameter of a method, and yet it is torch."""
    number = {"none": 0, "mean": 1, "sum": 2}[reduction]
    loss = Mine.loss(Mine.losses(Mine.inside(torch)))
    return loss(input, target, weight, number, ignore_index, label_smoothing)
