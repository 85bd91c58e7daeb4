"""Strictly read manifests: each refusal names file, line and field, and nothing but a refusal comes of bad text."""

import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from parity.documents.manifest import Manifest
from parity.documents.manifest_yaml import parse_manifest, read_manifest
from parity.documents.strict_yaml import MAX_BYTES, MAX_DEPTH, MAX_NODES, parse
from parity.errors import ExitCode, ManifestError
from parity.ops.catalogue import CATALOGUE

FIXTURES = Path(__file__).parents[3] / "fixtures"
GOOD = sorted((FIXTURES / "manifests").glob("*.yaml"))
BROKEN = sorted((FIXTURES / "broken" / "manifests").glob("*.yaml"))
HEAD = 'version: "v1"\nmetadata: {name: x}\n'

# file → place, part of the message, part of the hint or None for no hint
REFUSALS: dict[str, tuple[str, str, str | None]] = {
    "alias": ("line 3, field metadata.name", "an anchor (&name)", "write values out"),
    "alias_bomb": ("line 1, field a", "an anchor (&a)", "write values out"),
    "cases_zero": ("line 6, field budgets.cases", "budgets.cases is 0", None),
    "date": ("line 4, field metadata.owner", "2026-11-20 is a date in YAML", 'quote it: "2026-11-20"'),
    "directive": ("line 2", "a directive", None),
    "dtype_unknown": ("line 6, field run.dtypes[1]", "unknown dtype 'f9'", None),
    "duplicate_key": ("line 7, field run.suite", "the key 'suite' comes twice", "it came in line 5"),
    "empty": ("line 1", "the file is empty", None),
    "gate_negative": ("line 7, field gates.max_ulp.exp", "gates.max_ulp.exp is -1", None),
    "gate_unknown": ("line 7, field gates.max_ulp.exq", "a limit for an unknown operation 'exq'", "did you mean exp?"),
    "infinity": ("line 7, field gates.max_ulp.exp", ".inf is no number that can be compared", None),
    "integer_key": ("line 7, field gates.max_ulp", "a key that is no string: 2", "quote it"),
    "list_at_the_top": ("line 1", "the manifest is no mapping", 'begin with version: "v1"'),
    "list_key": ("line 5, field run", "a list or a mapping as a key", None),
    "malformed": ("line 5", "while parsing a flow sequence expected ',' or ']'", "it begins in line 4"),
    "merge_key": ("line 5, field run", "a merge key (<<)", "write them out"),
    "misspelled_section": ("line 2, field metdata", "unknown field 'metdata' (and 1 more", "did you mean metadata?"),
    "name_empty": ("line 3, field metadata.name", 'metadata.name is ""', None),
    "no_name": ("line 2, field metadata.name", "the field 'metadata.name' is missing", None),
    "no_run": ("line 1, field run", "the field 'run' is missing", "run: {} takes every default"),
    "not_a_number": ("line 6, field gates.p99_regression", ".nan is no number that can be compared", None),
    "octal": ("line 6, field budgets.cases", "0100 is another number in other versions of YAML", "or quote it"),
    "op_unknown": ("line 7, field run.ops[1]", "unknown operation 'substract'", "did you mean subtract?"),
    "ops_string": ("line 5, field run.ops", 'run.ops is "add"', "write a list: ops: [add, sum]"),
    "overflow": ("line 7, field gates.max_ulp.exp", "1e999 is beyond the largest number", None),
    "provider_string": ("line 5, field run.provider", 'run.provider is "numba"', "write provider: {spec: numba}"),
    "python_tag": ("line 4, field run", "a tag (tag:yaml.org,2002:python/object", "quote it"),
    "redact_on": ("line 6, field outputs.redact", 'outputs.redact is "on"', "only true and false"),
    "run_empty": ("line 4, field run", "run is null", "run: {} takes every default"),
    "seal_overhead_two": ("line 6, field outputs.seal_overhead", "outputs.seal_overhead is 2", None),
    "seconds_boolean": ("line 6, field budgets.seconds", "budgets.seconds is true", None),
    "seconds_fraction": ("line 6, field budgets.seconds", "budgets.seconds is 1.5", None),
    "seed_unquoted": ("line 5, field run.seed", "run.seed is 20261120", 'quote it: seed: "20261120"'),
    "seed_words": ("line 5, field run.seed", 'run.seed is "twelve"', "quote it"),
    "several_documents": ("line 5", "the file has several documents", "split it into files"),
    "suite_unknown": ("line 5, field run.suite", 'run.suite is "smok"', "did you mean smoke?"),
    "tab": ("line 5", "found character '\\t'", None),
    "tag": ("line 5, field run.suite", "a tag (tag:yaml.org,2002:str)", "quote it"),
    "tag_number": ("line 4, field metadata.tags[1]", "metadata.tags[1] is 3.1", "quote it"),
    "unclosed_quote": ("line 6", "while scanning a quoted scalar", "it begins in line 5"),
    "underscores": ("line 6, field budgets.cases", "1_000 is another number", "or quote it"),
    "unknown_field": ("line 6, field run.sweet", "unknown field 'run.sweet'", "did you mean"),
    "unknown_section": ("line 5, field gate", "unknown field 'gate'", "did you mean gates?"),
    "version_unknown": ("line 1, field version", 'version is "v2"', None),
    "version_unquoted": ("line 1, field version", "version is 1.0", 'quote it: version: "v1"'),
    "workloads": ("line 5, field run.workloads", "does not choose what is timed", "parity bench run --set sentinel"),
}


def refusal(data: bytes | str) -> ManifestError:
    """The error that some text must give."""
    with pytest.raises(ManifestError) as caught:
        parse_manifest(data.encode() if isinstance(data, str) else data, "m.yaml", CATALOGUE)
    return caught.value


def test_each_broken_fixture_has_its_expected_place() -> None:
    assert [path.stem for path in BROKEN] == sorted(REFUSALS)


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_manifest_is_refused_with_file_line_and_field(path: Path) -> None:
    place, message, hint = REFUSALS[path.stem]
    with pytest.raises(ManifestError) as caught:
        read_manifest(path, CATALOGUE)
    error = caught.value
    assert error.where == f"{path}, {place}"
    assert message in error.message
    assert error.exit_code is ExitCode.BAD_INPUT
    assert error.hint is None if hint is None else hint in str(error.hint)


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_good_manifest_is_read_with_its_bytes(path: Path) -> None:
    manifest, data = read_manifest(path, CATALOGUE)
    assert data == path.read_bytes()
    assert Manifest.model_validate_json(manifest.model_dump_json()) == manifest


def test_every_field_arrives_with_its_value_and_type() -> None:
    manifest, _ = read_manifest(FIXTURES / "manifests" / "nightly.yaml", CATALOGUE)
    assert manifest.model_dump() == {
        "version": "v1",
        "metadata": {
            "name": "nightly-core",
            "description": "what is checked every night",
            "owner": "kernels",
            "tags": ("nightly", "numba"),
        },
        "run": {
            "suite": "core",
            "ops": ("add", "sum"),
            "dtypes": ("f4", "f8"),
            "provider": {"spec": "numba"},
            "oracle": "auto",
            "bench": False,
            "workloads": None,
            "seed": "20261120",
        },
        "gates": {"max_ulp": {"exp": 2.0}, "p99_regression": 0.07},
        "budgets": {"seconds": 600, "memory_mib": 4096, "cases": 100000},
        "outputs": {"redact": False, "seal_overhead": 0.1},
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-6", 1e-6),  # a string in YAML 1.1
        ("-0.0", -0.0),
        ("+7", 7),
        ("0", 0),
        (".5", 0.5),
        ("5.", 5.0),
        ("~", None),
        ("", None),
        ("TRUE", True),
        ("on", "on"),  # True in YAML 1.1
        ("12:30:00", "12:30:00"),  # 45000 in YAML 1.1
        ("'010'", "010"),
        ('"2026-11-20"', "2026-11-20"),
        ("e5", "e5"),
        ("1.2.3", "1.2.3"),
        ("- 1", [1]),
    ],
)
def test_a_plain_value_is_what_yaml_1_2_says(text: str, value: object) -> None:
    read = parse(f"a:\n  {text}\n".encode(), "m.yaml").value["a"]
    assert repr(read) == repr(value)


@pytest.mark.parametrize(
    ("data", "place", "message"),
    [
        (b"\xef\xbb\xbf" + HEAD.encode(), "m.yaml, line 1", "byte order mark"),
        (HEAD.encode("utf-16"), "m.yaml, line 1", "byte order mark"),
        (HEAD.encode() + b"run: {}\n# caf\xe9\n", "m.yaml, line 4", "not UTF-8 (0xe9)"),
        (b'version: "v1"\n\x00\n', "m.yaml, line 2", "control character (U+0000)"),
        (b'version: "v1"\x1b[31m\n', "m.yaml, line 1", "control character (U+001B)"),
        (b'a:\n  b: "\\0"\n', "m.yaml, line 2, field a.b", "control character (U+0000)"),
        (b'a: "\\ud800"\n', "m.yaml, line 1", ""),
        (b"#" * (MAX_BYTES + 1), "m.yaml", "larger than 256 kB"),
        (b"a: 123456789012345678901234567890123\n", "m.yaml, line 1, field a", "33 digits"),
        (b"a: 9007199254740992\n", "m.yaml, line 1, field a", "beyond 2^53"),
        (b"x" * 201 + b": 1\n", "m.yaml, line 1", "a key of 201 characters"),
    ],
)
def test_bytes_that_are_no_plain_text_are_refused(data: bytes, place: str, message: str) -> None:
    error = refusal(data)
    assert str(error.where).startswith(place)
    assert message in error.message


def test_values_are_counted_before_they_are_kept() -> None:
    line = "a: [" + "1," * (MAX_NODES + 1) + "]"
    assert "too many values" in refusal(line).message


def test_nesting_is_bounded_for_values_and_keys() -> None:
    assert "nested too deeply" in refusal("[" * (MAX_DEPTH + 2)).message
    assert "as a key" in refusal("? " * 5000).message
    assert "as a key" in refusal("{" * 5000).message


def test_an_error_quotes_no_more_than_a_person_reads() -> None:
    for text in (
        "!" + "x" * 200_000,
        "&" + "x" * 200_000 + " a",
        "a: 0" + "1" * 200_000,
        f"{HEAD}run: {'x' * 200_000}",
    ):
        error = refusal(text)
        assert len(f"{error.message}{error.where}{error.expected}{error.hint}") < 1000


@pytest.mark.parametrize("name", ["f4 ", "f4,f8", "", ","])
def test_a_dtype_is_one_name(name: str) -> None:
    assert "unknown dtype" in refusal(f'{HEAD}run: {{dtypes: ["{name}"]}}\n').message


def test_a_manifest_that_cannot_be_opened_names_itself(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.yaml", tmp_path, Path("a\0b")):
        with pytest.raises(ManifestError) as caught:
            read_manifest(path, CATALOGUE)
        assert caught.value.where == str(path)


def outcome(data: bytes) -> Manifest | ManifestError:
    """What comes of some bytes; any other exception is a failure of the test."""
    try:
        return parse_manifest(data, "m.yaml", CATALOGUE)
    except ManifestError as error:
        return error


def manifest_or_refusal(data: bytes) -> None:
    """The property: no other exception, and a refusal that says what and where."""
    found = outcome(data)
    if isinstance(found, ManifestError):
        assert str(found.where).startswith("m.yaml")
        assert found.message


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_give_anything_but_a_manifest_or_a_refusal(data: bytes) -> None:
    manifest_or_refusal(data)


WORDS = 'version "v1" metadata name run suite smoke ops add gates max_ulp exp seed x 1 1e5 .nan 2026-11-20 0x1f ~'
MARKS = ": ,:,- ,[,],{,},\n,\n  ,\n    , ,\t,&a ,*a,<<,!!int ,! ,',\",|\n,>-\n,? ,#,---\n,...\n,%YAML 1.2\n,@,`"
ODD = ["\\ud800", "\\x", "\u2028", "\U0001f600", "\x85", "\r", "\ufeff", ", "]
TOKENS = st.sampled_from([*WORDS.split(), *MARKS.split(","), *ODD])


@settings(max_examples=1000, deadline=None)
@given(st.lists(TOKENS, max_size=40).map("".join))
@example('"\\ud800"')
@example("a: !<x> b")
@example("!!timestamp x")
@example("- !")
@example("%TAG ! tag:x,2000:\n--- !a b")
def test_no_words_of_yaml_give_anything_but_a_manifest_or_a_refusal(text: str) -> None:
    manifest_or_refusal(text.encode())


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["v1", "f4", "add"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


FIELDS = [
    *("version", "metadata", "metadata.name", "metadata.tags", "run", "run.ops", "run.seed", "run.provider", "run.x"),
    *("run.provider.spec", "gates", "gates.max_ulp", "budgets", "budgets.cases", "outputs", "outputs.redact", "extra"),
]


@settings(max_examples=300, deadline=None)
@given(
    path=st.sampled_from(FIELDS),
    value=VALUES,
)
def test_no_value_in_any_field_gives_anything_but_a_manifest_or_a_refusal(path: str, value: object) -> None:
    content: dict[str, object] = {"version": "v1", "metadata": {"name": "x"}, "run": {}}
    *sections, last = path.split(".")
    inner: dict[str, object] = content
    for section in sections:
        inner = inner.setdefault(section, {})  # type: ignore[assignment]
    inner[last] = value
    manifest_or_refusal(json.dumps(content).encode())  # JSON is YAML, all but NaN
