"""A table of who beat whom, and how surprising it is: `bradley_terry_loss`."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, same_dtype, same_gradient, same_value
from coursekit.graders.ranking.common import READY_MADE, Rng, always_float32, draw_scores, surprise

# How often each of a pair won: never equal, and the product of no two of them is another
COUNTS = ((3, 1), (1, 4), (5, 2), (2, 7), (6, 1), (3, 8))


def draw_wins(rng: Rng, players: int) -> Tensor:
    """A table in which every two players met, at most seven against two times, in a random direction."""
    wins = np.zeros((players, players))
    above = zip(*np.triu_indices(players, 1))
    for (i, j), won in zip(above, rng.permutation(COUNTS), strict=False):
        wins[i, j], wins[j, i] = rng.permutation(won)
    return tensor(wins, dtype=torch.float32)


def bradley_terry_spec(scores: Tensor, wins: Tensor) -> Tensor:
    """Game by game: -ln σ(winner's score - loser's), as often as it was played."""
    total = scores.new_zeros(())
    for i, winner in enumerate(scores):
        for j, loser in enumerate(scores):
            if i != j:
                total = total + wins[i, j] * surprise(winner - loser)
    return total


bradley_terry_loss = Exercise(
    "bradley_terry_loss",
    bradley_terry_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    idea="A game is a yes-or-no question about a difference of two scores, and a season is a sum of such questions.",
    hints=(
        "Begin with one game. What is the probability of what happened, by the difference of the two scores?",
        "All differences at once: `scores[:, None] - scores[None, :]` holds winner minus loser, row by column. Each "
        "costs -ln sigmoid of it, as many times as `wins` says.",
        "-ln sigmoid(d) is ln(1 + exp(-d)), and exp overflows. Which function of torch is that logarithm, written so "
        "that nothing overflows?",
    ),
)


@bradley_terry_loss.check
def one_pair(f: Function, rng: Rng) -> None:
    """Three games to one: 4 ln 2 between equals, 2.2531 if the winner is ahead by 1

    Three times -ln sigmoid(1), once -ln sigmoid(-1).
    """
    wins = tensor([[0.0, 3.0], [1.0, 0.0]])
    same_value(f, bradley_terry_spec, tensor([0.0, 0.0]), wins)
    same_value(f, bradley_terry_spec, tensor([1.0, 0.0]), wins)
    same_value(f, bradley_terry_spec, tensor([0.0, 0.7]), wins)


@bradley_terry_loss.check
def a_table(f: Function, rng: Rng) -> None:
    """Three and four players: the sum over all games

    Rows won, columns lost. Every game counts once.
    """
    for players in (3, 4):
        same_value(f, bradley_terry_spec, draw_scores(rng, players), draw_wins(rng, players))


@bradley_terry_loss.check
def pulls(f: Function, rng: Rng) -> None:
    """The gradient: the wins that were expected less those that came

    Summed over all players it is 0: only differences count.
    """
    same_gradient(f, bradley_terry_spec, draw_scores(rng, 3), draw_wins(rng, 3))


@bradley_terry_loss.parity
def far_apart(f: Function, rng: Rng) -> None:
    """Scores of ±1000 give a finite loss and a gradient

    `sigmoid`, then `log`, gives the logarithm of 0; `exp` gives inf.
    """
    scores = tensor([1000.0, -1000.0])
    for wins in (tensor([[0.0, 2.0], [3.0, 0.0]]), tensor([[0.0, 0.0], [1.0, 0.0]])):
        same_gradient(f, bradley_terry_spec, scores, wins)
    same_gradient(f, bradley_terry_spec, tensor([100.0, 0.0, 20.0]), draw_wins(rng, 3))


@bradley_terry_loss.parity
def who_never_met(f: Function, rng: Rng) -> None:
    """Who never met adds nothing, however far apart they are"""
    wins = tensor([[0.0, 2.0, 0.0], [1.0, 0.0, 4.0], [0.0, 3.0, 0.0]])
    same_gradient(f, bradley_terry_spec, draw_scores(rng, 3), wins)
    same_gradient(f, bradley_terry_spec, tensor([1000.0, 1.5, 0.5]), wins.triu())


@bradley_terry_loss.parity
def counts_of_any_kind(f: Function, rng: Rng) -> None:
    """Integer counts, and halves for draws"""
    scores = draw_scores(rng, 3)
    same_value(f, bradley_terry_spec, scores, draw_wins(rng, 3).long())
    same_value(f, bradley_terry_spec, scores, draw_wins(rng, 3) / 2)


@bradley_terry_loss.parity
def digits(f: Function, rng: Rng) -> None:
    """float64 scores give a float64 loss, beside integer counts too"""
    scores, wins = draw_scores(rng, 3, dtype=torch.float64), draw_wins(rng, 3)
    same_dtype(f, bradley_terry_spec, scores, wins.double())
    same_dtype(f, bradley_terry_spec, scores, wins.long())
    same_dtype(f, bradley_terry_spec, scores.float(), wins.long())


always_float32(bradley_terry_loss)
wrong = bradley_terry_loss.misconception


def of_pairs(explanation: str) -> Callable[[Callable[[Tensor], Tensor]], Callable[[Tensor], Tensor]]:
    """Registers a wrong loss of one game, by the winner's lead: added up as it should be."""

    def add(of_lead: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        def loss(scores: Tensor, wins: Tensor) -> Tensor:
            return (wins * of_lead(scores[:, None] - scores[None, :]).fill_diagonal_(0)).sum()

        wrong(explanation, of_lead.__name__)(loss)
        return of_lead

    return add


@wrong(
    "The table is read by columns: here the losers win. `wins[i, j]` is how often i beat j, so the lead is "
    "scores[i] - scores[j]."
)
def losers_win(scores: Tensor, wins: Tensor) -> Tensor:
    return bradley_terry_spec(scores, wins.T)


@wrong(
    "Every game is counted twice, once for the winner and once for the loser. That the loser lost is the same fact: "
    "-ln σ(lead) has it all."
)
def counted_twice(scores: Tensor, wins: Tensor) -> Tensor:
    return 2 * bradley_terry_spec(scores, wins)


@wrong("Only the games above the diagonal are counted. Below it stand the games that the other one won.")
def half_a_table(scores: Tensor, wins: Tensor) -> Tensor:
    return bradley_terry_spec(scores, wins.triu())


@wrong("The sum is divided by the number of games. Here it is the sum.")
def mean_over_games(scores: Tensor, wins: Tensor) -> Tensor:
    return bradley_terry_spec(scores, wins) / wins.sum()


@wrong("The sum is divided by the number of cells of the table, met or not. Here it is the sum over the games.")
def mean_over_cells(scores: Tensor, wins: Tensor) -> Tensor:
    return bradley_terry_spec(scores, wins) / wins.numel()


@wrong("The sum is divided by the number of players. Here it is the sum over the games.")
def mean_over_players(scores: Tensor, wins: Tensor) -> Tensor:
    return bradley_terry_spec(scores, wins) / len(scores)


@wrong("The counts are not used: every pairing that was won at all counts once. Thirteen games say more than one.")
def won_at_all(scores: Tensor, wins: Tensor) -> Tensor:
    return bradley_terry_spec(scores, (wins > 0).to(wins.dtype))


@wrong(
    "The counts were turned into shares of the games of each pair. Then one game says as much as a hundred; weigh by "
    "the counts."
)
def shares(scores: Tensor, wins: Tensor) -> Tensor:
    played = (wins + wins.T).clamp(min=1e-9)
    return bradley_terry_spec(scores, wins / played)


@wrong("The counts were rounded to whole numbers, and half a win, a draw, is lost.")
def whole_games(scores: Tensor, wins: Tensor) -> Tensor:
    return bradley_terry_spec(scores, wins.long())


@wrong(
    "A softmax over all players: that is the probability of being first among all of them. A game has two players, "
    "and the other five do not belong under its fraction."
)
def all_against_all(scores: Tensor, wins: Tensor) -> Tensor:
    return -(wins.sum(1) * scores.log_softmax(0)).sum()


@of_pairs("The sign is turned: this is the log-likelihood, which is to be maximised. A loss is minus that.")
def log_likelihood(lead: Tensor) -> Tensor:
    return -surprise(lead)


@of_pairs("The probabilities of what happened are added up, without the logarithm.")
def no_logarithm(lead: Tensor) -> Tensor:
    return lead.sigmoid()


@of_pairs("The probabilities of what did not happen are added up, without the logarithm.")
def expected_upsets(lead: Tensor) -> Tensor:
    return (-lead).sigmoid()


@of_pairs("This is in bits. Use the natural logarithm.")
def bits(lead: Tensor) -> Tensor:
    return surprise(lead) / math.log(2)


@of_pairs(
    "The scores are read as Elo's: 10^(d/400) in place of e^d. In Bradley and Terry's model a lead of 1 multiplies the "
    "odds by e."
)
def elo(lead: Tensor) -> Tensor:
    return surprise(lead * math.log(10) / 400)


@of_pairs(
    "This is a hinge, max(0, 1 - lead): once the winner is ahead by the margin nothing is left to learn, and no lead "
    "is a probability."
)
def hinge(lead: Tensor) -> Tensor:
    return (1 - lead).clamp(min=0)


@of_pairs("The squared error of the probability. The surprise at what happened is its -ln.")
def squared(lead: Tensor) -> Tensor:
    return (1 - lead.sigmoid()) ** 2


@of_pairs(
    "`sigmoid` of a lead of -1000 is 0, and its logarithm -inf (or NaN, times a count of 0); `exp` of 1000 is inf. "
    "ln(1 + e^x) is `softplus(x)`, which is x where x is large."
)
def logarithm_of_sigmoid(lead: Tensor) -> Tensor:
    return -lead.sigmoid().log()


@of_pairs(
    "A small number inside the logarithm keeps it finite: a surprise of 2000 becomes one of 18, and its gradient 0. "
    "Take softplus(-lead)."
)
def padded(lead: Tensor) -> Tensor:
    return -(lead.sigmoid() + 1e-8).log()


@of_pairs(
    "The probabilities are clipped, so a surprise of 2000 becomes one of 16, and its gradient 0. Take softplus(-lead)."
)
def clipped(lead: Tensor) -> Tensor:
    return -lead.sigmoid().clamp(1e-7, 1 - 1e-7).log()


@wrong("No gradient by the scores of the losers: the opponent's score was detached. A game pulls at both.")
def loser_detached(scores: Tensor, wins: Tensor) -> Tensor:
    return (wins * surprise(scores[:, None] - scores.detach()[None, :]).fill_diagonal_(0)).sum()
