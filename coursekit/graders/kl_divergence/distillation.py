"""A student and its teacher, softened: `distillation_loss`."""

from __future__ import annotations

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Loss, Rng, keeps_dtype, same_gradient, same_value
from coursekit.exercise.families.inputs import normal
from coursekit.graders.kl_divergence.common import READY_MADE, apart


def distillation_spec(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    """T² times the mean over rows of KL(softmax(teacher/T)‖softmax(student/T))."""
    log_s = (student_logits / temperature).log_softmax(-1)
    log_t = (teacher_logits / temperature).log_softmax(-1)
    return temperature**2 * (log_t.exp() * (log_t - log_s)).sum(-1).mean()


def logits_pair(rng: Rng, *shape: int, temperature: float = 1.0) -> tuple[Tensor, Tensor, float]:
    """Student's and teacher's logits that disagree, and in one direction more than in the other."""

    def draw() -> tuple[Tensor, ...]:
        return 2 * normal(rng, *shape), 2 * normal(rng, *shape)

    def at_temperature(loss: Loss) -> Loss:
        return lambda student, teacher: loss(student, teacher, temperature)

    wrong = [teacher_from_student, wrong_dimension]
    if temperature != 1:
        wrong += [student_softened_only, teacher_softened_only]
    student, teacher = apart(draw, *map(at_temperature, (distillation_spec, *wrong)))
    return student, teacher, temperature


distillation_loss = Exercise(
    "distillation_loss",
    distillation_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    idea="A high temperature shows what the teacher thinks of the wrong answers; T² keeps the gradient's size.",
    hints=(
        "Soften both: divide the teacher's logits and the student's by the temperature, then take `log_softmax`.",
        "The teacher is the truth p here, the student the belief q: one KL(p‖q) a row, then the mean over the rows.",
        "Print the norm of the gradient for T = 10 and T = 20, without any factor. By how much does it shrink, and "
        "what makes up for it?",
    ),
)


@distillation_loss.check
def without_temperature(f: Function, rng: Rng) -> None:
    """At temperature 1 it is the mean KL(teacher‖student)

    The teacher's probabilities are the weights. One KL a row, then the mean over the rows.
    """
    same_value(f, distillation_spec, tensor([[0.0, 1.0]]), tensor([[2.0, 0.0]]), 1.0)
    same_value(f, distillation_spec, *logits_pair(rng, 2, 3))


@distillation_loss.check
def with_temperature(f: Function, rng: Rng) -> None:
    """The temperature softens both, and the loss keeps its scale

    Compare the gradient's size at T = 10 and at T = 20.
    """
    same_value(f, distillation_spec, *logits_pair(rng, 1, 3, temperature=2.0))
    same_value(f, distillation_spec, *logits_pair(rng, 2, 3, temperature=4.0))


@distillation_loss.check
def as_many_samples_as_classes(f: Function, rng: Rng) -> None:
    """As many samples as classes

    The softmax runs over the classes, the last dimension.
    """
    same_value(f, distillation_spec, *logits_pair(rng, 2, 2, temperature=2.0))


@distillation_loss.check
def distillation_gradient(f: Function, rng: Rng) -> None:
    """The gradient with respect to the student's logits is right

    It keeps its size from T = 10 to T = 20.
    """
    student, teacher, _ = logits_pair(rng, 2, 3, temperature=2.0)
    same_gradient(f, distillation_spec, student, teacher, 2.0)
    student, teacher = student.double(), teacher.double()
    same_gradient(f, distillation_spec, student, teacher, 10.0)
    same_gradient(f, distillation_spec, student, teacher, 20.0)


@distillation_loss.parity
def extreme_logits(f: Function, rng: Rng) -> None:
    """Logits of ±1000 give a finite loss

    `softmax` then `log` rounds to log 0; `log_softmax` does not.
    """
    same_value(f, distillation_spec, tensor([[0.0, -1000.0]]), tensor([[0.0, 0.0]]), 1.0)
    same_value(f, distillation_spec, tensor([[1000.0, 0.0]]), tensor([[0.0, 1000.0]]), 1.0)
    same_gradient(f, distillation_spec, tensor([[100.0, 0.0]]), tensor([[0.0, 100.0]]), 1.0)


keeps_dtype(distillation_loss, lambda rng: logits_pair(rng, 2, 3, temperature=2.0), name="distillation_dtype")


# The training of a student in `which_loss` names these mistakes in words of its own
wrong = distillation_loss.misconceptions


wrong.table(
    without_square=(
        "The factor T² is missing: the gradient shrinks as 1/T², so at a high temperature the student hardly learns, "
        "and a loss that is added to this one takes over.",
        lambda s, t, temperature: distillation_spec(s, t, temperature) / temperature**2,
        "KL11",
    ),
    one_factor_only=(
        "The factor is T, it should be T²: one T for the division of the logits, one for the probabilities that come "
        "closer to each other.",
        lambda s, t, temperature: distillation_spec(s, t, temperature) / temperature,
        "KL11",
    ),
)


@wrong(
    "Only the student is softened. The teacher's logits are divided by the temperature as well: a student that "
    "equals its teacher should have a loss of 0."
)
def student_softened_only(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    return distillation_spec(student_logits, teacher_logits * temperature, temperature)


@wrong(
    "Only the teacher is softened. The student's logits are divided by the temperature as well: a student that "
    "equals its teacher should have a loss of 0."
)
def teacher_softened_only(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    return distillation_spec(student_logits * temperature, teacher_logits, temperature)


wrong.table(
    temperature_ignored=(
        "The temperature is not used: divide both logits by it before the softmax.",
        lambda s, t, temperature: distillation_spec(s, t, 1.0),
    ),
    sharpened=(
        "The logits are multiplied by the temperature: that sharpens. Softening divides.",
        lambda s, t, temperature: temperature**4 * distillation_spec(s, t, 1 / temperature),
    ),
    probabilities_divided=(
        "The probabilities are divided by the temperature. Divide the logits, before the softmax.",
        lambda s, t, temperature: temperature * distillation_spec(s, t, 1.0),
    ),
)


@wrong(
    "The arguments are swapped: this is KL(student‖teacher). The teacher is the truth, so its probabilities are the "
    "weights.",
    covers="KL2",
)
def teacher_from_student(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    return distillation_spec(teacher_logits, student_logits, temperature)


wrong.table(
    mean_over_elements=(
        "This averages over all elements, as `reduction='mean'` does: K times too small for K classes. Sum over the "
        "classes, then take the mean over the rows.",
        lambda s, t, temperature: distillation_spec(s, t, temperature) / s.shape[-1],
        "KL3",
    ),
    sum_over_samples=(
        "This sums over the samples. Take their mean, so that the batch size does not matter.",
        lambda s, t, temperature: distillation_spec(s, t, temperature) * s.shape[0],
    ),
)


@wrong("This gives one loss per sample. A training step needs a single number: their mean.")
def one_per_sample(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    rows = zip(student_logits, teacher_logits)
    return torch.stack([distillation_spec(s, t, temperature) for s, t in rows])


@wrong(
    "This is the cross-entropy with the teacher's probabilities. Its gradient is right, but it never falls to 0: "
    "subtract the teacher's entropy, and KL is left."
)
def soft_cross_entropy(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    t = (teacher_logits / temperature).softmax(-1)
    return -(temperature**2) * (t * (student_logits / temperature).log_softmax(-1)).sum(-1).mean()


@wrong("The softmax runs over the samples (dim=0). The classes lie along the last dimension: dim=-1.")
def wrong_dimension(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    columns = distillation_spec(student_logits.T, teacher_logits.T, temperature)
    return columns * student_logits.shape[1] / student_logits.shape[0]


@wrong(
    "`softmax` and then `log` rounds a probability to 0 and finds log 0. `log_softmax` does both in one step, without "
    "the rounding."
)
def log_of_softmax(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    s, t = (student_logits / temperature).softmax(-1), (teacher_logits / temperature).softmax(-1)
    return temperature**2 * (t * (t.log() - s.log())).sum(-1).mean()


@wrong(
    "A small number inside the logarithms keeps a loss of 499 from showing: with 1e-8 it comes out as 8.5. "
    "`log_softmax` needs no protection.",
    covers="I6",
)
def distillation_padded(
    student_logits: Tensor, teacher_logits: Tensor, temperature: float, *, eps: float = 1e-8
) -> Tensor:
    s, t = (student_logits / temperature).softmax(-1), (teacher_logits / temperature).softmax(-1)
    return temperature**2 * (t * ((t + eps).log() - (s + eps).log())).sum(-1).mean()


def likeliest_surprise(student_logits: Tensor, teacher_logits: Tensor) -> Tensor:
    """The cross-entropy with the teacher's likeliest class."""
    likeliest = teacher_logits.argmax(-1, keepdim=True)
    return -student_logits.log_softmax(-1).gather(-1, likeliest).mean()


def softened(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """The log-probabilities of student and teacher."""
    return (student_logits / temperature).log_softmax(-1), (teacher_logits / temperature).log_softmax(-1)


def weighed_by_teacher(formula: Loss) -> Loss:
    """T² times the mean over the rows of Σ p · formula(ln q, ln p): p is the teacher's."""

    def loss(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
        s, t = softened(student_logits, teacher_logits, temperature)
        mean: Tensor = temperature**2 * (t.exp() * formula(s, t)).sum(-1).mean()
        return mean

    return loss


wrong.terms(
    weighed_by_teacher,
    truth=("Σ p ln p of the teacher", lambda s, t: t),
    belief=("-Σ p ln q, with the student's q,", lambda s, t: -s),
)
wrong.table(
    swapped_and_unscaled=(
        "Two things at once: the arguments are swapped, KL(student‖teacher), and the factor T² is missing.",
        lambda s, t, temperature: distillation_spec(t, s, temperature) / temperature**2,
    ),
    squared_divided=(
        "The loss is divided by T or T². It is multiplied by T².",
        (
            lambda s, t, temperature: distillation_spec(s, t, temperature) / temperature**4,
            lambda s, t, temperature: distillation_spec(s, t, temperature) / temperature**3,
        ),
    ),
    hard_targets=(
        "Only the teacher's likeliest class counts. What the teacher thinks of the others is what is to be learnt.",
        (
            lambda s, t, temperature: temperature**2 * likeliest_surprise(s / temperature, t),
            lambda s, t, temperature: likeliest_surprise(s / temperature, t),
            lambda s, t, temperature: likeliest_surprise(s, t),
        ),
    ),
    squared_logits=(
        "The logits themselves are compared, by squares. The divergence compares the softened probabilities.",
        (
            lambda s, t, temperature: (s - t).square().mean(),
            lambda s, t, temperature: (s - t).square().sum(-1).mean(),
            lambda s, t, temperature: ((s - t) / temperature).square().mean(),
            lambda s, t, temperature: (s - t).square().sum(-1).mean() / 2,
        ),
    ),
    squared_probabilities=(
        "The softened probabilities are compared by squares. KL weighs the logarithms of their ratios.",
        (
            lambda s, t, temperature: ((s / temperature).softmax(-1) - (t / temperature).softmax(-1)).square().mean(),
            lambda s, t, temperature: (
                temperature**2 * ((s / temperature).softmax(-1) - (t / temperature).softmax(-1)).square().mean()
            ),
        ),
    ),
    both_ways=(
        "Both directions are added or averaged. KL(teacher‖student) alone is asked for.",
        (
            lambda s, t, temperature: distillation_spec(s, t, temperature) + distillation_spec(t, s, temperature),
            lambda s, t, temperature: (distillation_spec(s, t, temperature) + distillation_spec(t, s, temperature)) / 2,
        ),
    ),
    teacher_as_it_is=(
        "The teacher's logits stand in the place of its probabilities, or of their logarithms.",
        (
            lambda s, t, temperature: temperature**2 * -(t * (s / temperature).log_softmax(-1)).sum(-1).mean(),
            lambda s, t, temperature: (
                temperature**2
                * ((t / temperature).softmax(-1) * (t / temperature - (s / temperature).log_softmax(-1))).sum(-1).mean()
            ),
        ),
    ),
)
wrong.table(
    logarithms_divided=(
        "The temperature divides the log-probabilities, after the softmax. It divides the logits, before.",
        lambda s, t, temperature: (
            temperature**2
            * ((t.log_softmax(-1) / temperature).exp() * (t.log_softmax(-1) - s.log_softmax(-1)) / temperature)
            .sum(-1)
            .mean()
        ),
    ),
    weights_not_softened=(
        "The weights are the teacher's probabilities at temperature 1. They are softened as well.",
        lambda s, t, temperature: (
            temperature**2
            * (t.softmax(-1) * ((t / temperature).log_softmax(-1) - (s / temperature).log_softmax(-1))).sum(-1).mean()
        ),
    ),
    hard_loss_mixed_in=(
        "A loss with hard labels is mixed in. Here the teacher alone is learnt from.",
        (
            lambda s, t, temperature: (distillation_spec(s, t, temperature) + likeliest_surprise(s, t)) / 2,
            lambda s, t, temperature: distillation_spec(s, t, temperature) + likeliest_surprise(s, t),
        ),
    ),
)
wrong.table(
    temperature_rooted=(
        "The logits are divided by the root of the temperature, or by its square. They are divided by T.",
        (
            lambda s, t, temperature: temperature * distillation_spec(s, t, temperature**0.5),
            lambda s, t, temperature: distillation_spec(s, t, temperature**2) / temperature**2,
        ),
    ),
)
