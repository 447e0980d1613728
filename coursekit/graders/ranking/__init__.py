"""Losses of comparisons: pairs, whole orders, what a pair counts for, preferences, and torch's margin ranking.

Sources: Bradley and Terry, Rank Analysis of Incomplete Block Designs (1952); Luce, Individual Choice Behavior (1959),
and Plackett, The Analysis of Permutations (1975); Hanley and McNeil, The Meaning and Use of the Area under a Receiver
Operating Characteristic (ROC) Curve (1982); Burges and others, Learning to Rank using Gradient Descent (2005);
Schulman and others, Proximal Policy Optimization Algorithms (2017); Rafailov and others, Direct Preference Optimization
(2023); `torch.nn.functional.margin_ranking_loss`.
"""

from coursekit.graders.ranking.area import area_under_curve
from coursekit.graders.ranking.bradley_terry import bradley_terry_loss
from coursekit.graders.ranking.clipped import ppo_clip_loss
from coursekit.graders.ranking.direct import dpo_loss
from coursekit.graders.ranking.margin import margin_ranking_loss
from coursekit.graders.ranking.plackett_luce import plackett_luce_loss
from coursekit.graders.ranking.preference import preference_loss

# in the order of the course
EXERCISES = (
    bradley_terry_loss,
    plackett_luce_loss,
    area_under_curve,
    preference_loss,
    dpo_loss,
    ppo_clip_loss,
    margin_ranking_loss,
)
