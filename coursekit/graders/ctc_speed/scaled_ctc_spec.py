"""What `ctc_scaled` means: -ln of the probability of all paths that say the target, of one sample.

Sources: A. Graves and others, Connectionist Temporal Classification (2006), section 4.1; L. Rabiner, A tutorial on
hidden Markov models (1989), section V.A; `torch.nn.functional.ctc_loss`.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, inf

from coursekit.graders.ctc_forward.common import states_of

Allowed = Callable[[list[int], int, int], bool]


def allowed(states: list[int], before: int, after: int) -> bool:
    """Stay, step, or jump over a blank between two unlike labels."""
    return after - before < 2 or states[after] != states[before]


def all_ways(
    log_probs: Tensor, states: list[int], allowed: Allowed = allowed, start: tuple[int, ...] = (0, 1)
) -> dict[int, Tensor]:
    """Ln of the probability of each state that can be reached with the last frame, by its place."""
    reached: dict[int, Tensor] = {}
    for t, frame in enumerate(log_probs):
        ways: dict[int, list[Tensor]] = {}
        for s in start if t == 0 else ():
            if s < len(states):
                ways[s] = [frame.new_zeros(())]
        for before, way in reached.items():
            for after in range(before, min(before + 3, len(states))):
                if allowed(states, before, after):
                    ways.setdefault(after, []).append(way)
        reached = {s: torch.stack(arriving).logsumexp(0) + frame[states[s]] for s, arriving in ways.items()}
    return reached


def loss_of(reached: dict[int, Tensor], ends: tuple[int, ...], like: Tensor) -> Tensor:
    """-ln of the probability to be in one of `ends`, inf if none is reached."""
    ways = [reached[s] for s in ends if s in reached]
    return -torch.stack(ways).logsumexp(0) if ways else like.new_tensor(inf)


def ctc_scaled_spec(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    """-ln p(target), frame by frame in log space, over the states that can be reached."""
    states = states_of(target.tolist(), blank)
    return loss_of(all_ways(log_probs, states), (len(states) - 2, len(states) - 1), log_probs)
