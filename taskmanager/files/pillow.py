"""Pillow, within our limits. Imported by whoever opens an image then: it takes 4 MB, and most processes see none."""

import warnings

from PIL import Image, ImageOps

from taskmanager.files.images import MAX_PIXELS

# Pillow warns above its limit and raises above twice as much; for us both are an error.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)
BOMBS = (Image.DecompressionBombWarning, Image.DecompressionBombError)

__all__ = ["BOMBS", "Image", "ImageOps"]
