"""Loss and cost on the smallest example there is, so that the first thing a learner meets is `check` itself.

Then the objective: L1 and L2 prices, the step that makes weights exactly 0, and what weight decay does in SGD, Adam and
AdamW. Sources: Tibshirani, Regression Shrinkage and Selection via the Lasso (1996); Loshchilov and Hutter, Decoupled
Weight Decay Regularization (2019); `torch.optim.SGD`, `Adam`, `AdamW`.
"""

from coursekit.graders.objective.adam import adam_first_step
from coursekit.graders.objective.cost_and_price import objective
from coursekit.graders.objective.loss_and_cost import batch_cost, cost, squared_error
from coursekit.graders.objective.penalties import l1_penalty, l2_penalty
from coursekit.graders.objective.sgd import sgd_step
from coursekit.graders.objective.threshold import soft_threshold

# in the order of the course
EXERCISES = (
    squared_error,
    cost,
    batch_cost,
    l2_penalty,
    l1_penalty,
    objective,
    soft_threshold,
    sgd_step,
    adam_first_step,
)
