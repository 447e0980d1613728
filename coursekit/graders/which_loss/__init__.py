"""Six trainings whose loss was called in the wrong way, A to F of the last lesson; and the numbers at which curves end.

torch's ready-made losses are allowed here: the mistake is in how they are called, so the mistakes below call them as
a learner would, and the specifications do without them.
"""

from coursekit.graders.which_loss.classifier import classifier_loss
from coursekit.graders.which_loss.fit import fit_loss
from coursekit.graders.which_loss.floors import loss_floors
from coursekit.graders.which_loss.language_model import language_model_loss
from coursekit.graders.which_loss.regression import regression_loss
from coursekit.graders.which_loss.speech import speech_loss
from coursekit.graders.which_loss.student import student_loss

# in the order of the course
EXERCISES = (
    classifier_loss,
    student_loss,
    fit_loss,
    speech_loss,
    regression_loss,
    language_model_loss,
    loss_floors,
)
