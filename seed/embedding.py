"""Text to vectors with wordllama's 256-dimensional model, whose weights lie in its own package."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import wordllama
from numpy.typing import NDArray

MODEL = "wordllama l2_supercat 256"
DIMENSIONS = 256


class Embedder:
    """The model, loaded once (about 0.1 s). Nothing is downloaded."""

    def __init__(self) -> None:
        self._model = wordllama.WordLlama.load(
            cache_dir=Path(wordllama.__file__).parent, disable_download=True
        )

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One unit vector a text: float32, shape (len(texts), 256)."""
        if not texts:
            return np.empty((0, DIMENSIONS), np.float32)
        vectors = np.asarray(self._model.embed(list(texts)), np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: NDArray[np.float32] = vectors / np.maximum(lengths, np.finfo(np.float32).tiny)
        return unit
