"""A table of who beat whom, and how surprising it is: `bradley_terry_loss`."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Loss, Rng, always_float32, same_dtype, same_gradient, same_value
from coursekit.graders.ranking.common import DTYPE_LOST, READY_MADE, draw_scores, surprise

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
        "Begin with one game. What is the probability of what happened, given the difference of the two scores?",
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
def all_equal(f: Function, rng: Rng) -> None:
    """Between equals every game pulls with ½ on either side

    At a lead of 0 `clamp` and `abs` have a slope of their own choice, and the loss has none to choose: `softplus` is
    smooth there.
    """
    same_gradient(f, bradley_terry_spec, tensor([0.0, 0.0]), tensor([[0.0, 3.0], [1.0, 0.0]]))
    same_gradient(f, bradley_terry_spec, torch.full((3,), 0.5), draw_wins(rng, 3))


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


def of_pairs(of_lead: Loss) -> Loss:
    """A loss of one game by the winner's lead, added up over all games."""

    def loss(scores: Tensor, wins: Tensor) -> Tensor:
        return (wins * of_lead(scores[:, None] - scores[None, :]).fill_diagonal_(0)).sum()

    return loss


PADDED = (
    "A small number, added to the probability or as a clip, keeps the logarithm finite: with 1e-8 a surprise of 2000 "
    "becomes one of 18, and the gradient of the surest mistakes 0. Take softplus(-lead)."
)

wrong = bradley_terry_loss.misconceptions
always_float32(wrong, DTYPE_LOST)
wrong.table(
    losers_win=(
        "The table is read by columns: here the losers win. `wins[i, j]` is how often i beat j, so the lead is "
        "scores[i] - scores[j].",
        lambda scores, wins: bradley_terry_spec(scores, wins.T),
    ),
    counted_twice=(
        "Every game is counted twice, once for the winner and once for the loser. That the loser lost is the same "
        "fact: -ln σ(lead) has it all.",
        lambda scores, wins: 2 * bradley_terry_spec(scores, wins),
    ),
    half_a_table=(
        "Only the games above the diagonal are counted. Below it stand the games that the other one won.",
        lambda scores, wins: bradley_terry_spec(scores, wins.triu()),
    ),
    mean_over_games=(
        "The sum is divided by the number of games. Here it is the sum.",
        lambda scores, wins: bradley_terry_spec(scores, wins) / wins.sum(),
    ),
    mean_over_cells=(
        "The sum is divided by the number of cells of the table, met or not. Here it is the sum over the games.",
        lambda scores, wins: bradley_terry_spec(scores, wins) / wins.numel(),
    ),
    mean_over_players=(
        "The sum is divided by the number of players. Here it is the sum over the games.",
        lambda scores, wins: bradley_terry_spec(scores, wins) / len(scores),
    ),
    won_at_all=(
        "The counts are not used: every pairing that was won at all counts once. Thirteen games say more than one.",
        lambda scores, wins: bradley_terry_spec(scores, (wins > 0).to(wins.dtype)),
    ),
    shares=(
        "The counts were turned into shares of the games of each pair. Then one game says as much as a hundred; weigh "
        "by the counts.",
        lambda scores, wins: bradley_terry_spec(scores, wins / (wins + wins.T).clamp(min=1e-9)),
    ),
    whole_games=(
        "The counts were rounded to whole numbers, and half a win, a draw, is lost.",
        lambda scores, wins: bradley_terry_spec(scores, wins.long()),
    ),
    shares_of_scores=(
        "The scores are taken for strengths, s_i / (s_i + s_j). That holds for their exponentials: the probability is "
        "sigmoid(s_i - s_j).",
        lambda scores, wins: -(wins * (scores[:, None] / (scores[:, None] + scores)).log()).sum(),
    ),
    all_against_all=(
        "A softmax over all players: that is the probability of being first among all of them. A game has two players, "
        "and the other five do not belong under its fraction.",
        lambda scores, wins: -(wins.sum(1) * scores.log_softmax(0)).sum(),
    ),
)
wrong.table(
    of_pairs,
    log_likelihood=(
        "The sign is turned: this is the log-likelihood, which is to be maximised. A loss is minus that.",
        lambda lead: -surprise(lead),
    ),
    no_logarithm=(
        "The probabilities of what happened are added up, without the logarithm.",
        lambda lead: lead.sigmoid(),
    ),
    expected_upsets=(
        "The probabilities of what did not happen are added up, without the logarithm.",
        lambda lead: (-lead).sigmoid(),
    ),
    bits=("This is in bits. Use the natural logarithm.", lambda lead: surprise(lead) / math.log(2)),
    elo=(
        "The scores are read as Elo's: 10^(d/400) in place of e^d. In Bradley and Terry's model a lead of 1 multiplies "
        "the odds by e.",
        lambda lead: surprise(lead * math.log(10) / 400),
    ),
    hinge=(
        "This is a hinge, max(0, 1 - lead): once the winner is ahead by the margin nothing is left to learn, and no "
        "lead is a probability.",
        lambda lead: (1 - lead).clamp(min=0),
    ),
    squared=(
        "The squared error of the probability. The surprise at what happened is its -ln.",
        lambda lead: (1 - lead.sigmoid()) ** 2,
    ),
    logarithm_of_sigmoid=(
        "`sigmoid` of a lead of -1000 is 0, and its logarithm -inf (or NaN, times a count of 0); `exp` of 1000 is inf. "
        "ln(1 + e^x) is `softplus(x)`, which is x where x is large.",
        lambda lead: -lead.sigmoid().log(),
    ),
    padded=(
        PADDED,
        lambda lead, *, eps=1e-8: -(lead.sigmoid() + eps).log(),
    ),
    clipped=(
        PADDED,
        lambda lead, *, eps=1e-7: -lead.sigmoid().clamp(eps, 1 - eps).log(),
    ),
)
wrong.table(
    loser_detached=(
        "No gradient reaches the scores of the losers: the opponent's score was detached. A game pulls at both.",
        lambda scores, wins: (wins * surprise(scores[:, None] - scores.detach()[None, :]).fill_diagonal_(0)).sum(),
    ),
)
wrong.table(
    both_sides=(
        "Every game counts for both players, as won and as lost. Only what happened counts: i beat j.",
        lambda scores, wins: bradley_terry_spec(scores, wins) + bradley_terry_spec(scores, wins.T),
    ),
    net_wins=(
        "The wins of the two are offset against each other. All games count, those that were lost as well.",
        lambda scores, wins: bradley_terry_spec(scores, (wins - wins.T).clamp(min=0)),
    ),
    one_loss_a_player=(
        "This gives one number a player. All games together are one number.",
        lambda scores, wins: (wins * surprise(scores[:, None] - scores[None, :]).fill_diagonal_(0)).sum(1),
    ),
    below_the_diagonal=(
        "Only the games below the diagonal are counted. Above it stand the games that the other one won.",
        lambda scores, wins: bradley_terry_spec(scores, wins.tril()),
    ),
)
wrong.table(
    exponential_of_lead=(
        "The logarithm is missing: a game costs exp(-lead). It costs ln(1 + exp(-lead)).",
        lambda scores, wins: (wins * (scores[None, :] - scores[:, None]).exp().fill_diagonal_(0)).sum(),
    ),
    most_surprised_player=(
        "The largest number of a player is taken. All games together are one number.",
        (
            lambda scores, wins: (wins * surprise(scores[:, None] - scores[None, :]).fill_diagonal_(0)).sum(1).amax(),
            lambda scores, wins: (wins * surprise(scores[:, None] - scores[None, :]).fill_diagonal_(0)).amax(),
        ),
    ),
)
wrong.table(
    leads_added=(
        "The winners' leads are added up, with a minus: there is no bound below. A game costs ln(1 + exp(-lead)).",
        lambda scores, wins: -(wins * (scores[:, None] - scores[None, :])).sum(),
    ),
)
