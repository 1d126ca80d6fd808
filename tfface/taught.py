"""What is trained with a teacher and is, for everyone else, its student."""

from tfface.detectors.base import Detector
from tfface.detectors.train_step import TrainStep


class TaughtDetector(TrainStep):
    """Trains a detector with the help of another one, in a way that subclasses write.

    Called, saved or exported it is its student: the teacher is no part of it, nor of its
    checkpoints. So subclasses hold the teacher in a function, where Keras does not see it.

    Args:
        student: the detector to train.
        teacher: a trained detector, which is frozen.
        taught: names of what the teacher adds to the losses of the student.
    """

    def __init__(self, student: Detector, teacher: Detector, taught: tuple[str, ...], **kwargs):
        super().__init__((*student.loss_names, *taught), **kwargs)
        self.student = student
        teacher.trainable = False
        self.built = True  # as its student is: a state can be restored before the first step

    def call(self, images, training=None):
        """The student's outputs."""
        return self.student(images, training=training)

    def save(self, filepath, **kwargs):
        """Saves the student."""
        return self.student.save(filepath, **kwargs)

    def export(self, filepath, **kwargs):
        """Exports the student."""
        return self.student.export(filepath, **kwargs)
