"""The coverage page is made from the registry and the signature list."""

from lib.localearth.coverage import implemented, page


def test_page_when_made_ticks_what_is_implemented():
    done, every = implemented()

    text = page()

    assert f"{len(done)} of {len(every)} functions." in text
    assert "- [x] Image.load" in text
    assert "- [ ] Model.fromVertexAi" in text
    assert text.count("- [") == len(every)
