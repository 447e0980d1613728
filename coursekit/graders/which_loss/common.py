"""What the six exercises share: the mistakes about the mean of the samples, and those of an earlier lesson."""

from __future__ import annotations

from dataclasses import replace

from coursekit.exercise import Loss, Mistakes


def mean_mistakes(wrong: Mistakes, each: Loss, samples: str) -> None:
    """Adds what goes wrong when the losses of the samples become one number.

    Args:
        wrong: of a loss that is the mean of `each`.
        each: the right losses, shape (N,).
        samples: what they are called, in the plural.
    """

    def of_each(reduce: Loss) -> Loss:
        return lambda *args: reduce(each(*args))

    wrong.table(
        of_each,
        summed=(
            f"This is the sum over the {samples}. With it, the step grows with the batch: take the mean.",
            lambda losses: losses.sum(),
        ),
        not_reduced=(
            f"The {samples} keep a loss each. A training step needs a single number: their mean.",
            lambda losses: losses,
        ),
        divided_twice=(
            f"The mean is divided by the number of {samples} once more. 'mean' has done it already.",
            lambda losses: losses.mean() / len(losses),
            "R5",
        ),
    )


def once_more(wrong: Mistakes, by_hand: Mistakes, **sentences: str) -> None:
    """Adds mistakes that were made before, when the loss was written by hand.

    Args:
        wrong: of a loss with the same arguments.
        by_hand: of the loss of the earlier lesson.
        sentences: by the mistake's name, what to say of it to whoever calls torch's loss.
    """
    known = {mistake.name: mistake for mistake in by_hand}
    wrong.extend(replace(known[name], explanation=explanation) for name, explanation in sentences.items())
