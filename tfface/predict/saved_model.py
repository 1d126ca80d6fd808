"""Runs SavedModels with TensorFlow."""

from pathlib import Path

from tfface.predict import signature
from tfface.predict.packages import import_optional
from tfface.predict.runtime import Faces, ModelError, OneProcess, Size
from tfface.reasons import reason_of
from tfface.rgb import Image


class SavedModelRuntime:
    """A SavedModel, loaded. TensorFlow decides how many threads it uses.

    Args:
        folder: the folder with `saved_model.pb`.

    Raises:
        ModelError: damaged, no SavedModel, or not the signature of a detector.
        ImportError: TensorFlow is not installed.
    """

    def __init__(self, folder: Path) -> None:
        self._source = str(folder)
        self._home = OneProcess()
        if not (folder / "saved_model.pb").is_file():
            others = sorted(folder.glob("*.keras"))  # as a training run has
            advice = f"; name the file of it: {others[0]}" if others else ""
            raise ModelError(
                f"{folder}: expected a SavedModel, got a folder without saved_model.pb{advice}"
            )
        self._tensorflow = import_optional("tensorflow", extra="train")
        try:
            # The function does not keep its variables alive, the model does.
            self._model = self._tensorflow.saved_model.load(self._source)
        except Exception as error:  # TensorFlow has no common class for what damaged files cause.
            raise ModelError(
                f"{folder}: TensorFlow cannot load this SavedModel: {error}"
            ) from error
        if signature.NAME not in self._model.signatures:
            raise ModelError(
                f"{folder}: expected a SavedModel with the signature {signature.NAME!r}, got "
                f"{sorted(self._model.signatures) or 'none'}"
            )
        self._function = self._model.signatures[signature.NAME]
        inputs = self._function.structured_input_signature[1]
        outputs = self._function.structured_outputs
        signature.check_names(self._source, inputs, outputs)
        images = inputs[signature.INPUT]
        signature.check_types(
            self._source,
            images.dtype.as_numpy_dtype,
            {name: outputs[name].dtype.as_numpy_dtype for name in outputs},
        )
        for variable in getattr(self._function, "variables", ()):
            if variable.dtype.is_floating:
                signature.check_finite(self._source, weights=variable.numpy())
        shape = images.shape.as_list() if images.shape.rank is not None else []
        self.fixed_size: Size | None = signature.fixed_size_of(self._source, shape)

    def run(self, image: Image) -> Faces:
        """The faces in `image`, RGB uint8 `(H, W, 3)`.

        Raises:
            ModelError: TensorFlow cannot run the model at this size.
        """
        self._home.check()
        try:
            outputs = self._function(images=self._tensorflow.constant(image[None]))
        except self._tensorflow.errors.OpError as error:
            raise ModelError(
                f"{self._source}: TensorFlow failed on a picture of shape {image.shape}: "
                f"{reason_of(error)}"
            ) from error
        return signature.faces_of(
            self._source, *(outputs[name].numpy() for name in ("boxes", "scores", "count"))
        )
