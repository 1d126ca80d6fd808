"""Classification losses whose target is a quality in 0..1, such as the overlap of box and face."""

from keras import ops


def cross_entropy(qualities, logits):
    """Sigmoid cross entropy of logits against targets in 0..1, element by element."""
    return ops.softplus(logits) - logits * qualities


def quality_focal(qualities, logits, beta: float = 2.0):
    """`|quality - score| ** beta` times the cross entropy (GFL, arXiv:2006.04388, equation 5).

    Args:
        qualities: `(...)` in 0..1; 0 for background.
        logits: `(...)`.
        beta: how fast the loss of what is nearly right falls.

    Returns:
        float32 `(...)`.
    """
    distance = ops.abs(qualities - ops.sigmoid(logits))
    return ops.power(distance + 1e-7, beta) * cross_entropy(qualities, logits)


def varifocal(qualities, logits, alpha: float = 0.75, gamma: float = 2.0):
    """Cross entropy weighted by the quality of faces, and focally of background.

    VarifocalNet, arXiv:2008.13367, equation 2: `quality` times the cross entropy where the quality
    is above 0, `alpha * score ** gamma` times it elsewhere. Arguments as of `quality_focal`.
    """
    background = alpha * ops.power(ops.sigmoid(logits) + 1e-7, gamma)
    weights = ops.where(qualities > 0.0, qualities, background)
    return weights * cross_entropy(qualities, logits)
