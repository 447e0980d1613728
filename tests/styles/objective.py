"""Right answers to the exercises of notebook 00, in styles unlike the course's own.

Each function is called `<exercise>__<style>` and gets full marks (tests/test_styles.py).
"""

import torch

# ---- squared_error -----------------------------------------------------------------------------------------------


def squared_error__loop(prediction, target):
    """One sample at a time, put together at the end."""
    losses = []
    for guess, truth in zip(prediction.reshape(-1), target.reshape(-1), strict=True):
        losses.append((guess - truth) * (guess - truth))
    return torch.stack(losses).reshape(prediction.shape)


def squared_error__binomial(prediction, target):
    """No difference is ever formed."""
    return prediction**2 - 2 * prediction * target + target**2


def squared_error__einsum(prediction, target):
    distance = torch.abs(target - prediction)
    return torch.einsum("...,...->...", distance, distance)


def squared_error__in_place_on_a_clone(prediction, target):
    return prediction.clone().sub_(target).square_()


class Square(torch.autograd.Function):
    """The gradient on paper: 2 (prediction - target), and its opposite for the target."""

    @staticmethod
    def forward(ctx, prediction, target):
        distance = prediction - target
        ctx.save_for_backward(distance)
        return distance * distance

    @staticmethod
    def backward(ctx, grad):
        (distance,) = ctx.saved_tensors
        return 2 * grad * distance, -2 * grad * distance


def squared_error__own_backward(prediction, target):
    return Square.apply(prediction, target)


def squared_error__vmap(prediction, target):
    def one(guess, truth):
        return (guess - truth).pow(2)

    return torch.vmap(one)(prediction.flatten(), target.flatten()).view_as(prediction)


# ---- cost --------------------------------------------------------------------------------------------------------


def cost__loop(prediction, target):
    total = 0.0
    for guess, truth in zip(prediction.flatten(), target.flatten(), strict=True):
        total += (guess - truth) ** 2
    return total / prediction.numel()


def cost__dot_product(prediction, target):
    distance = (prediction - target).ravel()
    return distance @ distance / len(distance)


def cost__variance(prediction, target):
    """The mean of squares is the square of the mean, and the variance."""
    distance = prediction - target
    return distance.mean() ** 2 + distance.var(correction=0)


def cost__norm(prediction, target):
    distance = prediction - target
    return torch.linalg.vector_norm(distance) ** 2 / distance.numel()


class Cost(torch.autograd.Function):
    """The whole cost as one node of the graph."""

    @staticmethod
    def forward(ctx, prediction, target):
        ctx.save_for_backward(prediction - target)
        return (prediction - target).square().mean()

    @staticmethod
    def backward(ctx, grad):
        (distance,) = ctx.saved_tensors
        slope = grad * 2 * distance / distance.numel()
        return slope, -slope


def cost__own_backward(prediction, target):
    return Cost.apply(prediction, target)


def mean_of(losses):
    """The mean of the two halves' means, each weighted by its share."""
    if len(losses) == 1:
        return losses[0]
    half = len(losses) // 2
    share = half / len(losses)
    return share * mean_of(losses[:half]) + (1 - share) * mean_of(losses[half:])


def cost__recursive(prediction, target):
    return mean_of(torch.square(target - prediction).reshape(-1))


class MeanSquaredError(torch.nn.Module):
    """The loss as torch's own classes are written."""

    def forward(self, prediction, target):
        return torch.mean((prediction - target).pow(2))


cost__module = MeanSquaredError()
