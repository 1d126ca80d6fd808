"""Why something failed, in words, also where the error brings none."""

import cv2


def reason_of(error: BaseException) -> str:
    """The message of `error` on one line; where it has none, what its type means."""
    message = error.strerror if isinstance(error, OSError) else None
    if isinstance(error, cv2.error):
        message = getattr(error, "err", None)
    text = " ".join((message or str(error)).split()).rstrip(".")
    if isinstance(error, MemoryError) or getattr(error, "code", None) == cv2.Error.StsNoMem:
        return f"not enough memory: {text}" if text else "not enough memory"
    return text or f"{type(error).__name__}, which gives no reason"
