"""The catalogue of mistakes: what a code such as "HE2" means, and which lesson answers for it.

Before the course was written, 182 mistakes were collected that people have made in public with the losses of torch and
Keras: in bug reports, code reviews, forums, articles and other courses. Each was run and compared with the right
answer, in value, shape, gradient or error. They are numbered within 20 groups, a group for each loss or kind of loss,
and a code is the group's letters and the mistake's number in it.

A mistake of an exercise (`Misconception.covers`) or a cell of a notebook (metadata `{"coursekit": {"covers": [...]}}`)
names the rows that it answers for, and `tests/test_course.py` finds the row that nobody answers for.
"""

from __future__ import annotations

# By its letters, how many rows a group has and what they are about
GROUPS: dict[str, tuple[int, str]] = {
    "R": (6, "loss, cost and objective: what a mean divides by, how a price on weights enters gradient and step"),
    "I": (10, "entropy and its relatives: 0 · ln 0, bits or nats, input that is no distribution, the mean too early"),
    "KL": (12, "KL divergence: order and kind of the arguments, what its four reductions divide by, zeros, T²"),
    "CE": (27, "cross-entropy: softmax twice, overflow, weights, ignored targets, smoothing, layouts, focal terms"),
    "NLL": (7, "log_softmax and nll_loss: input that is no log-probability, the wrong dimension, the weighted mean"),
    "BCE": (10, "binary cross-entropy of shares: the logarithm at 0 and 1 and its slope, targets out of range"),
    "BCEL": (9, "binary cross-entropy of logits: a second sigmoid, overflow, `weight` and `pos_weight` misplaced"),
    "MLSM": (4, "many labels: indices where 0 and 1 are wanted, and the mean over labels that is always taken"),
    "MSE": (11, "L1 and squared error: shapes that broadcast, what a mean is over, roots, holes, kink, weights"),
    "HUB": (7, "smooth L1 and Huber: which is which, where the threshold stands in the formula, its limits"),
    "POI": (7, "Poisson: rates or their logarithms, where Stirling's term and eps belong, negative rates"),
    "SM": (3, "soft margin: targets of 0 and 1, overflow, shapes that are refused here and broadcast elsewhere"),
    "MM": (7, "one class against the others: the class itself counted, what is divided by, powers and weights"),
    "MLM": (7, "several classes against the others: how its list of labels is read and ended, what is divided by"),
    "MR": (5, "margin ranking: which should be larger, shapes, targets of 0 and 1, the slope at the edge"),
    "COS": (6, "cosine embedding: targets of 0 and 1, the margin, tiny vectors and their slopes, shapes, the range"),
    "HE": (5, "hinge embedding: targets of 0 and 1, which sense they have, distances that are none, squares"),
    "TRI": (8, "triplets: where eps goes, squared distances, the swap, a loss that stands still, mean of the active"),
    "CTC": (15, "CTC: what it is fed, layouts and lengths, the blank, repeats, impossible words, underflow, its mean"),
    "K": (16, "Keras: logits or probabilities, clipping, what is normalised or lined up in silence, its own means"),
}


def rows(group: str, *numbers: int) -> set[str]:
    """The codes of a group, or those of some of its rows."""
    return {f"{group}{number}" for number in numbers or range(1, GROUPS[group][0] + 1)}


EVERY_ROW = {code for group in GROUPS for code in rows(group)}

# By lesson, the rows that it answers for
LESSONS: dict[str, set[str]] = {
    "objective": rows("R"),
    "entropy": rows("I", 1, 2, 3, 4, 5, 10),
    "kl_divergence": rows("I", 6, 7, 8, 9) | rows("KL") | rows("K", 7, 8),
    "softmax": rows("CE", 1, 2, 3) | rows("NLL", 3, 4, 5),
    "cross_entropy": rows("CE", *range(4, 28)) | rows("NLL", 1, 2, 6, 7) | rows("K", 4, 5),
    "binary_cross_entropy": rows("BCE") | rows("BCEL") | rows("MLSM") | rows("K", 1, 2, 3, 6),
    "regression": rows("MSE") | rows("HUB") | rows("K", 12, 13, 14, 15, 16),
    "counts_and_noise": rows("POI"),
    "margins": rows("SM") | rows("MM") | rows("MLM") | rows("K", 9, 10),
    "ranking": rows("MR"),
    "embeddings": rows("COS") | rows("HE") | rows("TRI") | rows("K", 11),
    "ctc_forward": rows("CTC", 1, 2, 4, 5, 6, 7, 8, 9, 11, 12, 13, 15),
    "ctc_training": rows("CTC", 3, 10, 14),
    "ctc_speed": rows("CTC", 13),  # once more, as the reason to rescale
    "which_loss": {"CE1", "KL2", "KL3", "CTC1", "MSE1", "CE10"},  # once more, each as a training to diagnose
}
