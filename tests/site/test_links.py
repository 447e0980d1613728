"""The links of a site are followed, and what a page loads is seen."""

from coursekit.site import links


def test_links(tmp_path):
    """Files, folders, places and addresses elsewhere: what leads nowhere is named, and so is what is loaded."""
    (tmp_path / "guides").mkdir()
    (tmp_path / "guides" / "index.html").write_text('<h1 id="top">Guides</h1><a href="../index.html#%C3%BC">up</a>')
    (tmp_path / "site.css").write_text('@import "//elsewhere.org/a.css"; b { background: url(data:image/png;base64,) }')
    (tmp_path / "index.html").write_text(
        '<link rel="stylesheet" href="site.css"><link rel="next" href="guides/">'
        '<p id="ü"><a href="guides">1</a> <a href="guides/index.html#top">2</a> <a href="#ü">3</a>'
        '<a href="https://pytorch.org">4</a> <a href="mailto:a@b.org">5</a>'
        '<a href="guides/#bottom">6</a> <a href="gone.html">7</a> <img src="https://elsewhere.org/a.png">',
        encoding="utf-8",
    )
    found = links.check(tmp_path)
    assert found.faults == [
        "index.html: the link guides/#bottom leads nowhere.",
        "index.html: the link gone.html leads nowhere.",
        "index.html loads https://elsewhere.org/a.png from elsewhere.",
        "site.css loads //elsewhere.org/a.css from elsewhere.",
    ]
    assert found.outside == {"https://pytorch.org", "https://elsewhere.org/a.png"}
    assert found.count == 7
