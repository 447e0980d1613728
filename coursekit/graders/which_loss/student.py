"""Training B, a student and its teacher: `student_loss`."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Loss, Question, Rng, keeps_dtype, same_gradient, same_value
from coursekit.graders.kl_divergence.distillation import distillation_loss
from coursekit.graders.kl_divergence.distillation import logits_pair as draw
from coursekit.graders.which_loss.common import mean_mistakes, once_more

student_spec = distillation_loss.spec


def divergences(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    """T² times the KL of each sample, shape (N,)."""
    rows = zip(student_logits, teacher_logits)
    return torch.stack([student_spec(s, t, temperature) for s, t in rows])


def softened(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """The student's and the teacher's log-probabilities."""
    return (student_logits / temperature).log_softmax(1), (teacher_logits / temperature).log_softmax(1)


def torch_distillation(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    """As torch's tutorials write it."""
    s, t = softened(student_logits, teacher_logits, temperature)
    return F.kl_div(s, t.exp(), reduction="batchmean") * temperature**2


def student_cases() -> Iterator[Question]:
    """Sizes, temperatures, extremes and dtypes, each with its gradient."""
    generator = torch.Generator().manual_seed(0)
    for shape in ((1, 2), (2, 2), (3, 4)):
        for temperature in (0.5, 1.0, 4.0):
            for dtype in (torch.float32, torch.float64):
                student, teacher = torch.randn((2, *shape), generator=generator, dtype=dtype)
                yield Question((student, teacher, temperature), wrt=(0,))
    yield Question((tensor([[0.0, 400.0]]), tensor([[300.0, 0.0]]), 1.0), wrt=(0,))


student_loss = Exercise(
    "student_loss",
    student_spec,
    points=1,
    parity_points=1,
    idea="One KL a sample, then the mean over the samples: with `kl_div` that is `batchmean`.",
    hints=(
        "`kl_div` takes the student's log-probabilities first, and the teacher's probabilities second.",
        "Its reduction 'mean' divides by all N · K elements. What should it divide by?",
        "Compare your value for a single sample with K = 10 classes with the KL by hand: is it a tenth?",
    ),
    twin=torch_distillation,
    cases=student_cases,
)


@student_loss.check
def one_sample(f: Function, rng: Rng) -> None:
    """A single sample: its whole KL, not the average over the classes"""
    same_value(f, student_spec, tensor([[0.0, 1.0]]), tensor([[2.0, 0.0]]), 1.0)
    same_value(f, student_spec, *draw(rng, 1, 3))


@student_loss.check
def temperature_of_both(f: Function, rng: Rng) -> None:
    """The temperature softens both, and T² keeps the scale"""
    same_value(f, student_spec, *draw(rng, 2, 3, temperature=2.0))
    same_value(f, student_spec, *draw(rng, 2, 2, temperature=4.0))


@student_loss.check
def student_gradient(f: Function, rng: Rng) -> None:
    """The gradient with respect to the student's logits is right

    Of softmax(student/T) - softmax(teacher/T) a factor T is left, divided by the number of samples.
    """
    same_gradient(f, student_spec, *draw(rng, 2, 3))
    same_gradient(f, student_spec, *draw(rng, 2, 3, temperature=2.0))


@student_loss.parity
def student_extremes(f: Function, rng: Rng) -> None:
    """Logits of some hundreds give a finite loss and a gradient

    The input of `kl_div` is best made by `log_softmax`.
    """
    same_gradient(f, student_spec, tensor([[0.0, -1000.0]]), tensor([[0.0, 0.0]]), 1.0)
    same_gradient(f, student_spec, tensor([[300.0, 0.0]]), tensor([[0.0, 400.0]]), 2.0)


keeps_dtype(student_loss, lambda rng: draw(rng, 2, 3, temperature=2.0), name="student_dtype")


def of_softened(formula: Loss) -> Loss:
    """T² times a formula of the softened log-probabilities."""

    def loss(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
        return temperature**2 * formula(*softened(student_logits, teacher_logits, temperature))

    return loss


wrong = student_loss.misconceptions
mean_mistakes(wrong, divergences, "samples")
once_more(
    wrong,
    distillation_loss.misconceptions,
    mean_over_elements=(
        "The default reduction of `kl_div`, 'mean', divides by all N · K elements: loss and gradient are K times too "
        "small. One KL a sample is 'batchmean'."
    ),
    teacher_from_student="The arguments of `kl_div` are swapped: the model comes first, the truth second.",
    without_square="T² is missing: the gradient shrinks as 1/T², and a second loss beside this one takes over.",
    one_factor_only="The factor is T. The gradient shrinks as 1/T², so T² makes up for it.",
    student_softened_only="Only the student is softened. Divide the teacher's logits by T as well.",
    teacher_softened_only="Only the teacher is softened. Divide the student's logits by T as well.",
    temperature_ignored="The temperature is not used: divide both logits by it before the softmax.",
    soft_cross_entropy=(
        "This is the cross-entropy with the teacher's probabilities. Its gradient is right, but it does not fall to 0: "
        "`kl_div` subtracts the teacher's entropy."
    ),
    wrong_dimension="The softmax runs over the samples (dim=0). The classes lie along dimension 1.",
    log_of_softmax="`softmax`, then `log`: a probability that is rounded to 0 costs inf. Use `log_softmax`.",
)
wrong.table(
    of_softened,
    probabilities_first=(
        "`kl_div` was given the student's probabilities. Its first argument is log-probabilities: `log_softmax`.",
        lambda s, t: F.kl_div(s.exp(), t.exp(), reduction="batchmean"),
        "KL1",
    ),
    unannounced_logarithm=(
        "`kl_div` was given the teacher's log-probabilities without `log_target=True`: it takes them for "
        "probabilities, and the logarithm of a negative number is NaN.",
        lambda s, t: F.kl_div(s, t, reduction="batchmean"),
    ),
    announced_without=(
        "With `log_target=True` the second argument is log-probabilities. These were probabilities.",
        lambda s, t: F.kl_div(s, t.exp(), reduction="batchmean", log_target=True),
    ),
)


def of_logits(formula: Loss) -> Loss:
    """A formula of both logits and the temperature."""
    return lambda student_logits, teacher_logits, temperature: formula(student_logits, teacher_logits, temperature)


wrong.table(
    of_logits,
    hard_labels=(
        "The teacher's likeliest class is taken for a label. What the teacher thinks of the others is what is to be "
        "learnt.",
        (
            lambda s, t, temperature: temperature**2 * F.cross_entropy(s / temperature, t.argmax(1)),
            lambda s, t, temperature: F.cross_entropy(s / temperature, t.argmax(1)),
            lambda s, t, temperature: F.cross_entropy(s, t.argmax(1)),
        ),
    ),
    squared_logits=(
        "Logits or probabilities are compared by their squared distances. The divergence weighs the logarithms of the "
        "probabilities.",
        (
            lambda s, t, temperature: F.mse_loss(s, t),
            lambda s, t, temperature: temperature**2 * F.mse_loss(s, t),
            lambda s, t, temperature: F.mse_loss(s / temperature, t / temperature),
            lambda s, t, temperature: F.mse_loss((s / temperature).softmax(1), (t / temperature).softmax(1)),
            lambda s, t, temperature: (
                temperature**2 * F.mse_loss((s / temperature).softmax(1), (t / temperature).softmax(1))
            ),
        ),
    ),
    unsoftened_cross_entropy=(
        "This is the cross-entropy with the teacher's probabilities, unscaled or not softened on both sides. It does "
        "not fall to 0.",
        (
            lambda s, t, temperature: F.cross_entropy(s, t.softmax(1)),
            lambda s, t, temperature: F.cross_entropy(s / temperature, (t / temperature).softmax(1)),
            lambda s, t, temperature: F.cross_entropy(s, (t / temperature).softmax(1)),
        ),
    ),
    sharpened=(
        "The logits are multiplied by the temperature: that sharpens. Softening divides.",
        lambda s, t, temperature: (
            temperature**2
            * F.kl_div((s * temperature).log_softmax(1), (t * temperature).softmax(1), reduction="batchmean")
        ),
    ),
)
wrong.table(
    of_logits,
    middle_compared=(
        "This is Jensen and Shannon's divergence, with the middle of both. KL(teacher‖student) is asked for.",
        lambda s, t, temperature: (
            temperature**2
            * sum(
                F.kl_div(
                    ((s / temperature).softmax(1) + (t / temperature).softmax(1)).div(2).log(),
                    each,
                    reduction="batchmean",
                )
                for each in ((s / temperature).softmax(1), (t / temperature).softmax(1))
            )
            / 2
        ),
    ),
    angle_of_logits=(
        "The directions of the logits are compared. The divergence compares the softened probabilities.",
        (
            lambda s, t, temperature: temperature**2 * (1 - F.cosine_similarity(s, t, dim=1)).mean(),
            lambda s, t, temperature: (1 - F.cosine_similarity(s, t, dim=1)).mean(),
        ),
    ),
    hard_loss_mixed_in=(
        "A loss with hard labels is mixed in. Here the teacher alone is learnt from.",
        (
            lambda s, t, temperature: (student_spec(s, t, temperature) + F.cross_entropy(s, t.argmax(1))) / 2,
            lambda s, t, temperature: student_spec(s, t, temperature) + F.cross_entropy(s, t.argmax(1)),
        ),
    ),
)
