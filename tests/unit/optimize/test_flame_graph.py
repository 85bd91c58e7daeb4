"""The flame graph: an SVG that needs no network, in which widths add up."""

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.optimize.flame_graph import below, flame_graph, parse_folded

SVG = "{http://www.w3.org/2000/svg}"
STACKS = {("main", "sum", "kernel"): 6, ("main", "sum"): 2, ("main", "other <lambda>"): 2}


def boxes(text: str) -> dict[str, float]:
    """Width by what the title says."""
    found = {}
    for group in ET.fromstring(text).iter(f"{SVG}g"):
        title, rect = group.find(f"{SVG}title"), group.find(f"{SVG}rect")
        assert title is not None
        assert rect is not None
        found[str(title.text)] = float(rect.attrib["width"])
    return found


def test_a_box_is_as_wide_as_its_share() -> None:
    assert boxes(flame_graph(STACKS, "t")) == {
        "main: 10 samples, 100.0%": 1200,
        "sum: 8 samples, 80.0%": 960,
        "kernel: 6 samples, 60.0%": 720,
        "other <lambda>: 2 samples, 20.0%": 240,
    }


names = st.text(max_size=8)
stacks = st.dictionaries(st.lists(names, min_size=1, max_size=5).map(tuple), st.integers(1, 50), min_size=1, max_size=8)


@given(stacks, names)
def test_whatever_frames_are_called_it_is_xml_without_references(drawn: dict[tuple[str, ...], int], title: str) -> None:
    text = flame_graph(drawn, title)
    root = ET.fromstring(text.encode())
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)
    assert not {"script", "image", "use", "foreignObject", "a"} & {
        element.tag.removeprefix(SVG) for element in root.iter()
    }
    assert all("href" not in name for element in root.iter() for name in element.attrib)
    assert text == flame_graph(dict(reversed(drawn.items())), title)


def test_a_stack_that_is_very_deep_is_cut() -> None:
    assert len(boxes(flame_graph({tuple("abc" * 1000): 5}, "deep"))) < 200


def test_nothing_is_no_flame_graph() -> None:
    with pytest.raises(ValueError, match="nothing"):
        flame_graph({}, "t")


def test_folded_stacks_are_read_and_noise_is_not() -> None:
    text = "a;b (x.py:3) 4\na 1\nno count\n 7\na 2\n"
    assert parse_folded(text) == {("a", "b (x.py:3)"): 4, ("a",): 3}


def test_what_is_not_below_a_frame_is_left_out() -> None:
    found = {("start", "calls (x.py:1)", "sum"): 3, ("other", "calls (x.py:1)", "sum"): 1, ("start", "import"): 5}
    assert below(found, "calls") == {("calls (x.py:1)", "sum"): 4}
