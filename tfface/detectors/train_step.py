"""One training step, once for all detectors and for both backends."""

from collections.abc import Sequence

import keras
from keras import ops

from tfface.replicas import replica_count, sum_gradients, sum_over_replicas


class TrainStep(keras.Model):
    """A model whose `train_step` minimises the sum of `compute_losses`.

    A batch is `(images, targets)`. Every loss, and the sum under the name `loss`, is a metric: its
    mean over the epoch. Works in plain graphs, under XLA (`jit_compile`), with mixed precision and
    distribution strategies.

    Args:
        loss_names: names of all that `compute_losses` and `measure` return.
    """

    def __init__(self, loss_names: Sequence[str], **kwargs):
        super().__init__(**kwargs)
        self.trackers = {name: keras.metrics.Mean(name=name) for name in ("loss", *loss_names)}

    def compute_losses(self, images, targets, outputs, step) -> dict:
        """Scalar losses by name, for the model's outputs in training mode.

        Of a batch that several replicas share each computes its share, which
        `tfface.replicas.share_of_batch` makes: the sum of them is minimised. `step` counts the
        batches that the optimiser has had.
        """
        raise NotImplementedError(f"{type(self).__name__} must write compute_losses.")

    def training_outputs(self, images, targets) -> dict:
        """What `compute_losses` needs of a batch.

        A model overrides it where the targets take part in its forward pass, or another model does.
        """
        return self(images, training=True)

    def measure(self, targets, outputs) -> dict:
        """Scalars by name that are shown beside the losses and not minimised."""
        return {}

    @property
    def metrics(self):
        return list(self.trackers.values())

    def _forward(self, images, targets):
        outputs = self.training_outputs(images, targets)
        losses = self.compute_losses(images, targets, outputs, batch_counter(self.optimizer))
        total = sum(losses.values())
        replicas = replica_count()
        measured = {name: v / replicas for name, v in self.measure(targets, outputs).items()}
        return total, {"loss": total, **losses, **measured}

    def _track(self, values) -> dict:
        """Takes the shares of a step, and returns the means of the epoch so far."""
        of_batch = sum_over_replicas([ops.cast(value, "float32") for value in values.values()])
        for name, value in zip(values, of_batch, strict=True):
            # The trackers of all replicas are summed: together they count one step.
            self.trackers[name].update_state(value, sample_weight=1.0 / replica_count())
        return {name: self.trackers[name].result() for name in values}

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Builds the optimiser, all that is not built before `fit`.

        Keras 3 leaves that to the first step, which is then made into a graph twice; or looks at a
        batch of a replicated model for it, and fails on the batches of several workers.
        """
        if self.optimizer is not None and not self.optimizer.built:
            with self.distribute_strategy.scope():
                self.optimizer.build(self.trainable_variables)

    def train_step(self, *args):
        """TensorFlow: `(batch) -> logs`. JAX: `(state, batch) -> (logs, state)`."""
        if keras.backend.backend() == "jax":
            return self._jax_train_step(*args)
        return self._tensorflow_train_step(*args)

    def _tensorflow_train_step(self, batch):
        import tensorflow as tf

        with tf.GradientTape() as tape:
            total, values = self._forward(*batch)
            scaled = self.optimizer.scale_loss(total)
        gradients = sum_gradients(tape.gradient(scaled, self.trainable_variables))
        if replica_count() > 1:
            _take_as_summed(self.optimizer)
        self.optimizer.apply(gradients, self.trainable_variables)
        means = self._track(values)
        if isinstance(self.distribute_strategy, tf.distribute.MultiWorkerMirroredStrategy):
            # Keras 3 takes the mean over workers along an axis, which a scalar has not.
            return {name: mean[None] for name, mean in means.items()}
        return means

    def _jax_train_step(self, state, batch):
        import jax

        trainable, non_trainable, optimizer_state, metric_state = state

        def scaled_loss(trainable):
            mapping = [
                *zip(self.trainable_variables, trainable, strict=True),
                *zip(self.non_trainable_variables, non_trainable, strict=True),
                *zip(self.optimizer.variables, optimizer_state, strict=True),
            ]
            with keras.StatelessScope(state_mapping=mapping) as scope:
                total, values = self._forward(*batch)
                scaled = self.optimizer.scale_loss(total)
            updated = [_current(scope, variable) for variable in self.non_trainable_variables]
            return scaled, (values, updated)

        gradients, (values, non_trainable) = jax.grad(scaled_loss, has_aux=True)(trainable)
        trainable, optimizer_state = self.optimizer.stateless_apply(
            optimizer_state, gradients, trainable
        )
        mapping = list(zip(self.metrics_variables, metric_state, strict=True))
        with keras.StatelessScope(state_mapping=mapping) as scope:
            logs = self._track(values)
        metric_state = [_current(scope, variable) for variable in self.metrics_variables]
        return logs, (trainable, non_trainable, optimizer_state, metric_state)


def _take_as_summed(optimizer) -> None:
    """Keeps Keras from summing gradients over replicas, which it does after they are clipped.

    A gradient is clipped by its norm, and checked for what float16 cannot hold, as a whole here.
    """
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    optimizer._all_reduce_sum_gradients = lambda gradients_and_variables: gradients_and_variables


def _current(scope, variable):
    value = scope.get_current_value(variable)
    return variable.value if value is None else value


def batch_counter(optimizer: keras.optimizers.Optimizer) -> keras.Variable:
    """Batches of which an optimiser has taken gradients.

    Not `iterations`, which counts several as one where gradients accumulate.
    """
    return getattr(optimizer, "inner_optimizer", optimizer)._iterations
