"""Sizes of files, in words."""


def size_label(size: int) -> str:
    """Return a number of bytes as people read it: "340 KiB", "1.5 MiB"."""
    if size < 1024:
        return f"{size} byte" if size == 1 else f"{size} bytes"
    for unit, factor in (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)):
        # Rounded to a whole 1,024 of the smaller unit it is one of the larger.
        if round(size / factor, 1) >= 1:
            return f"{size / factor:.1f}".removesuffix(".0") + f" {unit}"
    return f"{size} bytes"
