"""Why something failed, in words, also where the error brings none."""

import re
import sys

_OPENCV_ERROR = re.compile(
    r"OpenCV\(.*?error: \((?P<code>-?\d+):[^)]*\) (?P<message>.*?)( in function '.*')?\s*",
    re.DOTALL,
)
"""What OpenCV writes around its message. The attributes `code` and `err` are no help: they belong
to the class, so they are those of the last error of the process."""


def reason_of(error: BaseException) -> str:
    """The message of `error` on one line; where it has none, what its type means."""
    message = str(error)
    lacks_memory = isinstance(error, MemoryError)
    cv2 = sys.modules.get("cv2")  # who has its error has loaded it; who has not need not wait
    if isinstance(error, OSError):
        message = error.strerror or message
    elif cv2 and isinstance(error, cv2.error) and (parts := _OPENCV_ERROR.fullmatch(message)):
        message = parts["message"]
        lacks_memory = int(parts["code"]) == cv2.Error.StsNoMem
    text = " ".join(message.split()).rstrip(".")
    if lacks_memory:
        return f"not enough memory: {text}" if text else "not enough memory"
    return text or f"{type(error).__name__}, which gives no reason"


def message_of(error: BaseException) -> str:
    """The message of `error` on one line, with the file that an OSError of the system is about."""
    if isinstance(error, OSError) and error.strerror:
        files = " -> ".join(str(name) for name in (error.filename, error.filename2) if name)
        return printable(f"{files}: {reason_of(error)}" if files else reason_of(error))
    return printable(reason_of(error) if not str(error) else str(error))


def printable(text: str) -> str:
    """`text` on one line, without what would steer a terminal: names of files may hold anything."""
    line = " ".join(text.splitlines())
    if line.isprintable():
        return line
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in line
    )
