"""Pictures with words for who cannot see them."""

import base64
import html
import re
import zlib

import matplotlib.pyplot as plt
import pytest

from coursekit.learning import figures


def drawing():
    figure, axes = figures.subplots(figsize=(3, 2))
    axes.plot([1, 2, 3], label="loss")
    axes.legend()
    return figure


def test_axes_are_given_as_asked():
    """Rows, columns and options reach matplotlib, as with plt.subplots."""
    figure, axes = figures.subplots(2, 3, figsize=(5, 4), sharey=True, squeeze=False)
    assert (axes.shape, figure.get_size_inches().tolist()) == ((2, 3), [5.0, 4.0])


def test_pyplot_knows_nothing_of_it():
    """A figure is not kept alive, nor shown a second time, by pyplot."""
    figures.subplots()
    assert plt.get_fignums() == []


def test_same_picture_every_time():
    """Drawn twice it is the same file: nothing in it tells when or by which version it was made."""
    one, other = figures.png(drawing()), figures.png(drawing())
    assert one == other
    assert one.startswith(b"\x89PNG")
    assert b"matplotlib" not in one.lower()


@pytest.mark.parametrize("alt", ["A line that rises.", 'x < y & "z"', '"><script>alert(1)</script>'])
def test_image_has_words(alt):
    """The alt text arrives as it was written, and cannot end the attribute."""
    tag = figures.image_tag(b"picture", drawing(), alt)
    found = re.fullmatch(r'<img width="300" alt="([^"]*)" src="data:image/png;base64,([^"]*)">', tag)
    assert (alt, b"picture") == (html.unescape(found[1]), base64.b64decode(found[2]))


def test_show_displays_picture_and_words(monkeypatch):
    """A notebook gets the image, a terminal and a screen reader the words."""
    shown = []
    monkeypatch.setattr(figures, "display", lambda data, raw: shown.append((data, raw)))
    figures.show(drawing(), "A line that rises.")
    ((data, raw),) = shown
    assert (True, "A line that rises.", {"text/html", "text/plain"}) == (raw, data["text/plain"], set(data))
    assert 'alt="A line that rises."' in data["text/html"]


def test_live_picture_is_replaced(monkeypatch):
    """The first picture is displayed, the next ones take its place."""
    shown, updated = [], []

    class Handle:
        def update(self, data, raw):
            updated.append((data["text/plain"], raw))

    def display(data, raw, display_id):
        shown.append((data["text/plain"], raw, display_id))
        return Handle()

    monkeypatch.setattr(figures, "display", display)
    live = figures.Live()
    for alt in ("Before.", "Halfway.", "After."):
        live.draw(drawing(), alt)
    assert shown == [("Before.", True, True)]
    assert updated == [("Halfway.", True), ("After.", True)]


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_colours_differ():
    """No two colours of the course have the same name or value, and all are valid."""
    assert len(figures.COLOURS) == len(set(figures.COLOURS.values()))
    assert all(re.fullmatch("#[0-9A-F]{6}", colour) for colour in figures.COLOURS.values())


@pytest.mark.parametrize(("ink", "paper"), [("#22272E", "#FFFFFF"), ("#FFFFFF", "#212121")], ids=["light", "dark"])
def test_words_of_a_report_can_be_read(ink, paper):
    """Coloured words, half of them ink, have the contrast that small text needs (WCAG AA, 4.5) in both themes."""
    from coursekit.learning import feedback

    for colour in feedback._COLOURS.values():
        halves = [(int(colour[i : i + 2], 16) + int(ink[i : i + 2], 16)) // 2 for i in (1, 3, 5)]
        word, page = luminance("#" + "".join(f"{half:02X}" for half in halves)), luminance(paper)
        assert (max(word, page) + 0.05) / (min(word, page) + 0.05) >= 4.5


def test_png_is_whole():
    """The last chunk of the file is there, and its checksum fits."""
    assert figures.png(drawing()).endswith(b"IEND" + zlib.crc32(b"IEND").to_bytes(4, "big"))
