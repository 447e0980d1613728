"""Losses of embeddings: cosines, distances, triplets, whole batches.

Sources: Hadsell, Chopra and LeCun, Dimensionality Reduction by Learning an Invariant Mapping (2006); Schroff,
Kalenichenko and Philbin, FaceNet (2015); Hermans, Beyer and Leibe, In Defense of the Triplet Loss (2017); van den
Oord, Li and Vinyals, Representation Learning with Contrastive Predictive Coding (2018); Chen et al., SimCLR (2020);
Radford et al., CLIP (2021);
`torch.nn.functional.cosine_embedding_loss`, `hinge_embedding_loss`, `pairwise_distance`, `triplet_margin_loss`,
`triplet_margin_with_distance_loss`; `keras.losses.cosine_similarity`.
"""

from coursekit.graders.embeddings.cosine_embedding import cosine_embedding_loss
from coursekit.graders.embeddings.distance import pairwise_distance
from coursekit.graders.embeddings.hinge_embedding import hinge_embedding_loss
from coursekit.graders.embeddings.info_nce import info_nce
from coursekit.graders.embeddings.keras_cosine import keras_cosine_similarity
from coursekit.graders.embeddings.mining import batch_hard_losses
from coursekit.graders.embeddings.nt_xent import nt_xent
from coursekit.graders.embeddings.triplet import triplet_margin_loss
from coursekit.graders.embeddings.triplet_distance import triplet_margin_with_distance_loss

# in the order of the course
EXERCISES = (
    cosine_embedding_loss,
    hinge_embedding_loss,
    pairwise_distance,
    triplet_margin_loss,
    batch_hard_losses,
    info_nce,
    nt_xent,
    triplet_margin_with_distance_loss,
    keras_cosine_similarity,
)
