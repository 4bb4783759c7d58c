"""Counting image bytes."""

from bench.footprint import ImageLayers, unique_bytes


def test_shared_layers_count_once() -> None:
    """Two images on one base cost the base once and their own layers each."""
    base = ImageLayers(("a",), 100)
    app = ImageLayers(("a", "b"), 150)
    redis = ImageLayers(("a", "c"), 110)
    other = ImageLayers(("x",), 7)
    assert unique_bytes([redis, app, base, other]) == 100 + 50 + 10 + 7


def test_an_image_with_two_names_counts_once() -> None:
    """The same image listed twice is one image."""
    assert unique_bytes([ImageLayers(("a",), 5), ImageLayers(("a",), 5)]) == 5
