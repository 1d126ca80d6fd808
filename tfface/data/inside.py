"""Names in data files: of something inside a folder, or refused."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path, PurePosixPath, PureWindowsPath

_LONGEST_PART = 255
_LONGEST_PATH = 4095
"""Bytes; every call that looks at a longer name fails (Linux: NAME_MAX, PATH_MAX)."""

LINKS_HELP = "follow links of the picture folder to elsewhere: it is yours, not from an archive"
"""Of the option `--follow_links` of commands that read data sets."""

_follow_links = ContextVar("follow_links", default=False)


@contextmanager
def links_followed(follow: bool) -> Iterator[None]:
    """Within the block, pictures may be links to elsewhere, if `follow`.

    Names stay as they have to be. An archive may bring links, which whoever unpacked it has not
    seen; of a folder of one's own, a selection made of links, one may say so.
    """
    token = _follow_links.set(follow)
    try:
        yield
    finally:
        _follow_links.reset(token)


def plain_name(name: str) -> str:
    """A name that `resolve_inside` takes, written in the one way: `a/b.jpg` for `.\\a\\b.jpg`."""
    return "/".join(_parts(name))


def resolve_picture(root: Path, name: str, source: object) -> Path:
    """As `resolve_inside`, for a picture to read: it may be a link, where `links_followed` says.

    Raises:
        ValueError: as `resolve_inside`, but for links out of `root`.
    """
    return resolve_inside(root, name, source, _follow_links.get())


def resolve_inside(root: Path, name: str, source: object, follow_links: bool = False) -> Path:
    """The path that a list means by `name`, which has to lie in `root`, links followed.

    Lists, archives and servers come from others: a name in them must not make a program read or
    write what lies elsewhere.

    Args:
        root: the folder that names are relative to.
        name: with `/` between folders, or `\\` as Windows has it.
        source: where the name stands, for the message.
        follow_links: whether it may be a link to elsewhere, or in a folder that is.

    Raises:
        ValueError: it is empty or absolute, has a part `..` or a character 0, is a link out of
            `root`, or is longer than a name can be.
    """
    parts = _parts(name)
    windows = PureWindowsPath(name)
    if not parts or "\0" in name or ".." in parts or windows.drive or windows.root:
        raise _refused(root, name, source)
    path = root.joinpath(*parts)
    try:
        if len(os.fsencode(path)) > _LONGEST_PATH or any(
            len(os.fsencode(part)) > _LONGEST_PART for part in parts
        ):
            raise ValueError(
                f"{source}: expected the name of a file of at most {_LONGEST_PART} bytes, and "
                f"{_LONGEST_PATH} with its folders, got {name[:40]!r}..."
            )
        inside = path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError) as error:  # links in a circle
        raise _refused(root, name, source) from error
    if not inside and not follow_links:
        raise _refused(root, name, source)
    return path


def _parts(name: str) -> tuple[str, ...]:
    return PureWindowsPath(name).parts if "\\" in name else PurePosixPath(name).parts


def _refused(root: Path, name: str, source: object) -> ValueError:
    return ValueError(
        f"{source}: expected the name of a file inside {root}, got {name!r}; absolute names, '..' "
        "and links to elsewhere are not followed (a data set's links are with --follow_links)"
    )
