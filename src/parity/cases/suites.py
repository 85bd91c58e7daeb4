"""The suites: which templates each has, and to which loops it applies them.

Suites nest: a case of `smoke` is one of `core`, a case of `core` one of `full`.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from parity.cases import bad_calls, elementwise, methods, outputs, reduction_keywords, reductions
from parity.cases.subject import FEW_LOOPS, Draft, Subject
from parity.ops.catalogue import CATALOGUE
from parity.ops.row import Operation

Template = Callable[[Subject], Iterator[Draft]]


class Share(NamedTuple):
    """A template, and how it is shared out.

    core: one in how many loops of a row has it there, 0 for none. smoke: whether the chosen loops of `smoke` have it;
    they then have it in `core` and `full`, too.
    """

    template: Template
    core: int
    smoke: bool = False


ELEMENTWISE: tuple[Share, ...] = (
    Share(elementwise.lengths, 1),
    Share(elementwise.few_lengths, 0, smoke=True),
    Share(elementwise.domain, 1, smoke=True),
    Share(elementwise.whole_mixture, 1),
    Share(elementwise.special_values, 1, smoke=True),
    Share(elementwise.zero_dimensional, 1, smoke=True),
    Share(elementwise.numpy_scalars, 4),
    Share(elementwise.empty, 3, smoke=True),
    Share(elementwise.broadcasts, 1),
    Share(elementwise.few_broadcasts, 0, smoke=True),
    Share(elementwise.layouts("fortran", "transposed", "padded-rows"), 1),
    Share(elementwise.layouts("strided-2", "strided-3"), 1),
    Share(elementwise.layouts("negative", "negative-strided"), 1, smoke=True),
    Share(elementwise.layouts("negative-rows", "negative-columns", "negative-both"), 2),
    Share(elementwise.layouts("unaligned", "unaligned-strided"), 2),
    Share(elementwise.layouts("swapped", "swapped-negative"), 2),
    Share(elementwise.layouts("zero-stride", "zero-stride-rows", "zero-stride-columns"), 3),
    Share(elementwise.layouts("overlapping-windows", "overlapping-backwards"), 4),
    Share(elementwise.layouts("read-only"), 6),
    Share(elementwise.same_array, 4),
    Share(elementwise.mixed_types, 1),
    Share(elementwise.mixed_scalar, 2),
    Share(elementwise.every_pair_of_types, 1),
    Share(elementwise.dtype_from_narrower, 4),
    Share(elementwise.dtype_from_wider, 3),
    Share(elementwise.casting, 4),
    Share(elementwise.casting_unsafe, 4),
    Share(elementwise.python_int_right, 1),
    Share(elementwise.python_float_beside_floats, 1, smoke=True),
    Share(elementwise.python_float_beside_integers, 4),
    Share(elementwise.python_number, 2),
    Share(elementwise.python_misfit, 2),
    Share(outputs.out_plain, 2, smoke=True),
    Share(outputs.out_strided, 2),
    Share(outputs.out_laid_out, 2),
    Share(outputs.out_empty_and_0d, 4),
    Share(outputs.out_wider, 4),
    Share(outputs.out_narrower, 3),
    Share(outputs.out_larger, 4),
    Share(outputs.out_positional, 4),
    Share(outputs.out_in_place, 2),
    Share(outputs.out_shifted, 3),
    Share(outputs.out_overlapping, 2),
    Share(outputs.out_overlapping_bools, 1),
    Share(outputs.where_plain, 2, smoke=True),
    Share(outputs.where_varied, 2),
    Share(outputs.where_in_place, 5),
    Share(outputs.out_unsafe, 4),
    Share(methods.reduces, 1),
    Share(methods.reduces_with_attributes, 1),
    Share(methods.accumulates, 1),
    Share(methods.outers, 2),
    Share(bad_calls.shapes_that_do_not_broadcast, 8, smoke=True),
    Share(bad_calls.casting_refused, 6),
    Share(bad_calls.read_only_out, 7),
    Share(bad_calls.wrong_arguments, 4),
    Share(bad_calls.no_loop, 1),
    Share(bad_calls.negative_exponents, 1),
    Share(bad_calls.python_number_without_loop, 3),
    Share(bad_calls.methods_misused, 3),
)

REDUCTIONS: tuple[Share, ...] = (
    Share(reductions.reduced_lengths, 1),
    Share(reductions.few_reduced_lengths, 0, smoke=True),
    Share(reductions.long_sum, 1),
    Share(reductions.axes, 1),
    Share(reductions.few_axes, 0, smoke=True),
    Share(reductions.axis_tuples, 1),
    Share(reductions.keepdims, 1),
    Share(reductions.few_keepdims, 0, smoke=True),
    Share(reductions.reduced_layouts, 1),
    Share(reductions.few_layouts, 2, smoke=True),
    Share(reductions.odd_values, 1, smoke=True),
    Share(reductions.empty_reduction, 1),
    Share(reductions.few_empty, 0, smoke=True),
    Share(reductions.zero_dimensional, 1),
    Share(reduction_keywords.initial, 1),
    Share(reduction_keywords.where, 1),
    Share(reduction_keywords.few_where, 0, smoke=True),
    Share(reduction_keywords.dtype, 1),
    Share(reduction_keywords.out, 1, smoke=True),
    Share(reduction_keywords.ddof, 1),
    Share(reductions.positional, 3),
    Share(bad_calls.bad_axes, 3, smoke=True),
    Share(bad_calls.bad_reductions, 2),
)


def subjects() -> Iterator[Subject]:
    """Every loop of every row, numbered through."""
    number = 0
    for row in CATALOGUE.values():
        for index, loop in enumerate(row.loops):
            yield Subject(row, loop, number, index)
            number += 1


def drafts(suite: str, rows: tuple[Operation, ...]) -> Iterator[tuple[Operation, Draft]]:
    """The cases of a suite for some rows, in the order of catalogue, loop and template, each once."""
    names = {row.name for row in rows}
    for subject in subjects():
        if subject.row.name not in names:
            continue
        seen: set[str] = set()
        for place, share in enumerate(ELEMENTWISE if subject.row.kind == "ufunc" else REDUCTIONS):
            for draft in of_share(suite, subject, share, place):
                key = repr((draft.op, draft.loop, draft.args, draft.kwargs))
                if key not in seen:
                    seen.add(key)
                    yield subject.row, draft


def of_share(suite: str, subject: Subject, share: Share, place: int) -> Iterator[Draft]:
    """What one template of a suite gives for a loop."""
    loops = len(subject.row.loops)
    one_in = min(loops, max(1, share.core - 2)) if loops <= FEW_LOOPS and share.core else share.core
    turned = subject._replace(wheel=(subject.position + place) // max(1, one_in) + _place_of(subject.row.name) + place)
    in_core = one_in > 0 and (subject.position + place) % one_in == 0
    if (share.smoke and _in_smoke(subject)) or (in_core and suite != "smoke"):
        yield from share.template(turned)
    if suite == "full":
        yield from share.template(turned._replace(everything=True))


@cache
def _place_of(name: str) -> int:
    return tuple(CATALOGUE).index(name)


def _in_smoke(subject: Subject) -> bool:
    """float64 (or the last loop, where the row has none), and two others of each row by turns."""
    loops = subject.row.loops
    first = subject.number - subject.position
    main = next((index for index, loop in enumerate(loops) if loop[0] == "d"), len(loops) - 1)
    return subject.position in (main, first % len(loops), (5 * first + 3) % len(loops))
