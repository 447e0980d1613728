"""Self-information, entropy, perplexity; joint and conditional entropy, mutual information; torch's `entr`.

Source of the definitions: Shannon, A Mathematical Theory of Communication (1948); `torch.special.entr`.
"""

from coursekit.graders.entropy.choices import perplexity
from coursekit.graders.entropy.drop_in import entr
from coursekit.graders.entropy.mutual import mutual_information
from coursekit.graders.entropy.pair import conditional_entropy, joint_entropy
from coursekit.graders.entropy.pointwise import pointwise_mutual_information
from coursekit.graders.entropy.surprise import entropy, self_information

# in the order of the course
EXERCISES = (
    self_information,
    entropy,
    perplexity,
    joint_entropy,
    conditional_entropy,
    pointwise_mutual_information,
    mutual_information,
    entr,
)
