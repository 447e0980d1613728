"""What each known slip makes of a few numbers, worked out once: no formula is another one than its sentence says."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, tensor

from coursekit.grading.diagnosis import changes

INF, NAN = torch.inf, torch.nan
ROW, ROWS = tensor([4.0, 1.0, -0.25]), tensor([[1.0, 2.0], [3.0, 5.0]])

# By name: what it makes of the row, and of the rows; None where it refuses them
MADE: dict[str, dict[str, object]] = {
    "OF_THE_RESULT": {
        "sign_turned": ([-4, -1, 0.25], [[-1, -2], [-3, -5]]),
        "halved": ([2, 0.5, -0.125], [[0.5, 1], [1.5, 2.5]]),
        "doubled": ([8, 2, -0.5], [[2, 4], [6, 10]]),
        "logarithm_of_base_2": ([5.7708, 1.4427, -0.3607], [[1.4427, 2.8854], [4.3281, 7.2135]]),
        "logarithm_of_base_10": ([1.7372, 0.4343, -0.1086], [[0.4343, 0.8686], [1.3029, 2.1715]]),
        "logarithm_of_base_e": ([2.7726, 0.6931, -0.1733], [[0.6931, 1.3863], [2.0794, 3.4657]]),
        "root_taken": ([2, 1, NAN], [[1, 1.4142], [1.7321, 2.2361]]),
        "squared": ([16, 1, 0.0625], [[1, 4], [9, 25]]),
        "exponential": ([54.5981, 2.7183, 0.7788], [[2.7183, 7.3891], [20.0855, 148.4132]]),
        "logarithm": ([1.3863, 0, NAN], [[0, 0.6931], [1.0986, 1.6094]]),
        "probability": ([0.0183, 0.3679, 1.284], [[0.3679, 0.1353], [0.0498, 0.0067]]),
        "probability_of_the_rest": ([0.9817, 0.6321, -0.284], [[0.6321, 0.8647], [0.9502, 0.9933]]),
        "taken_from_one": ([-3, 0, 1.25], [[0, -1], [-2, -4]]),
        "one_too_many": ([5, 2, 0.75], [[2, 3], [4, 6]]),
        "one_too_few": ([3, 0, -1.25], [[0, 1], [2, 4]]),
        "cut_at_zero": ([4, 1, 0], [[1, 2], [3, 5]]),
        "absolute_value": ([4, 1, 0.25], [[1, 2], [3, 5]]),
        "averaged_over_everything": (1.5833, 2.75),
        "summed_over_everything": (4.75, 11),
        "largest_of_all": (4, 5),
        "first_of_all": (4, [1, 2]),
        "last_of_all": (-0.25, [3, 5]),
        "average_of_columns": (1.5833, [2, 3.5]),
        "average_of_rows": (1.5833, [1.5, 4]),
        "total_of_columns": (4.75, [4, 7]),
        "total_of_rows": (4.75, [3, 8]),
        "running_sums": ([4, 5, 4.75], [[1, 3], [3, 8]]),
        "result_reversed": ([-0.25, 1, 4], [[3, 5], [1, 2]]),
        "result_transposed": ([4, 1, -0.25], [[1, 3], [2, 5]]),
        "reciprocal": ([0.25, 1, -4], [[1, 0.5], [0.3333, 0.2]]),
        "dimension_kept": ([[4], [1], [-0.25]], [[[1], [2]], [[3], [5]]]),
        "rounded": ([4, 1, 0], [[1, 2], [3, 5]]),
        "rounded_down": ([4, 1, -1], [[1, 2], [3, 5]]),
        "rounded_up": ([4, 1, 0], [[1, 2], [3, 5]]),
        "cut_at_one": ([1, 1, -0.25], [[1, 1], [1, 1]]),
        "less_the_least": ([4.25, 1.25, 0], [[0, 1], [2, 4]]),
        "less_the_mean": ([2.4167, -0.5833, -1.8333], [[-1.75, -0.75], [0.25, 2.25]]),
        "in_shares": ([0.8421, 0.2105, -0.0526], [[0.0909, 0.1818], [0.2727, 0.4545]]),
        "rows_in_shares": ([0.8421, 0.2105, -0.0526], [[0.3333, 0.6667], [0.375, 0.625]]),
        "through_softmax": ([0.9398, 0.0468, 0.0134], [[0.2689, 0.7311], [0.1192, 0.8808]]),
        "through_sigmoid": ([0.982, 0.7311, 0.4378], [[0.7311, 0.8808], [0.9526, 0.9933]]),
    },
    "OF_AN_ARGUMENT": {
        "through_exp": (None, [[2.7183, 7.3891], [20.0855, 148.4132]]),
        "through_log": ([1.3863, 0, NAN], [[0, 0.6931], [1.0986, 1.6094]]),
        "through_exp_of_double": (None, [[7.3891, 54.5981], [403.4288, 22026.4648]]),
        "squared": ([16, 1, 0.0625], [[1, 4], [9, 25]]),
        "root_taken": ([2, 1, NAN], [[1, 1.4142], [1.7321, 2.2361]]),
        "sign_turned": ([-4, -1, 0.25], [[-1, -2], [-3, -5]]),
        "absolute": ([4, 1, 0.25], [[1, 2], [3, 5]]),
        "cut_at_zero": ([4, 1, 0], [[1, 2], [3, 5]]),
        "inverted": ([0.25, 1, -4], [[1, 0.5], [0.3333, 0.2]]),
        "taken_from_one": ([-3, 0, 1.25], [[0, -1], [-2, -4]]),
        "doubled": ([8, 2, -0.5], [[2, 4], [6, 10]]),
        "halved": ([2, 0.5, -0.125], [[0.5, 1], [1.5, 2.5]]),
        "through_sigmoid": ([0.982, 0.7311, 0.4378], [[0.7311, 0.8808], [0.9526, 0.9933]]),
        "through_softmax": ([0.9398, 0.0468, 0.0134], [[0.2689, 0.7311], [0.1192, 0.8808]]),
        "through_log_softmax": ([-0.0621, -3.0621, -4.3121], [[-1.3133, -0.3133], [-2.1269, -0.1269]]),
        "normalised": ([0.8421, 0.2105, -0.0526], [[0.3333, 0.6667], [0.375, 0.625]]),
        "of_mean_one": ([2.5263, 0.6316, -0.1579], [[0.3636, 0.7273], [1.0909, 1.8182]]),
        "zero": ([0, 0, 0], [[0, 0], [0, 0]]),
        "one": ([1, 1, 1], [[1, 1], [1, 1]]),
        "plus_one": ([5, 2, 0.75], [[2, 3], [4, 6]]),
        "less_one": ([3, 0, -1.25], [[0, 1], [2, 4]]),
        "through_log1p": ([1.6094, 0.6931, -0.2877], [[0.6931, 1.0986], [1.3863, 1.7918]]),
        "cut_at_one": ([1, 1, -0.25], [[1, 1], [1, 1]]),
        "centred": ([2.4167, -0.5833, -1.8333], [[-1.75, -0.75], [0.25, 2.25]]),
        "largest_only": ([1, 0, 0], [[0, 1], [0, 1]]),
        "mean_for_all": ([1.5833, 1.5833, 1.5833], [[2.75, 2.75], [2.75, 2.75]]),
        "first_for_all": ([4, 4, 4], [[1, 2], [1, 2]]),
        "reversed": ([-0.25, 1, 4], [[3, 5], [1, 2]]),
        "one_behind": ([-0.25, 4, 1], [[3, 5], [1, 2]]),
        "one_ahead": ([1, -0.25, 4], [[3, 5], [1, 2]]),
        "transposed": ([4, 1, -0.25], [[1, 3], [2, 5]]),
        "from_zero_and_one": ([7, 1, -1.5], [[1, 3], [5, 9]]),
        "from_both_signs": ([2.5, 1, 0.375], [[1, 1.5], [2, 3]]),
        "sign_alone": ([1, 1, -1], [[1, 1], [1, 1]]),
        "through_tanh": ([0.9993, 0.7616, -0.2449], [[0.7616, 0.964], [0.9951, 0.9999]]),
        "rounded": ([4, 1, 0], [[1, 2], [3, 5]]),
        "cubed": ([64, 1, -0.0156], [[1, 8], [27, 125]]),
        "sorted": ([-0.25, 1, 4], [[1, 2], [3, 5]]),
        "sorted_down": ([4, 1, -0.25], [[2, 1], [5, 3]]),
        "added_up": ([4, 5, 4.75], [[1, 3], [3, 8]]),
        "rows_reversed": ([-0.25, 1, 4], [[2, 1], [5, 3]]),
        "rows_one_behind": ([-0.25, 4, 1], [[2, 1], [5, 3]]),
        "rows_one_ahead": ([1, -0.25, 4], [[2, 1], [5, 3]]),
        "normalised_as_a_whole": ([0.8421, 0.2105, -0.0526], [[0.0909, 0.1818], [0.2727, 0.4545]]),
        "columns_normalised": ([0.8421, 0.2105, -0.0526], [[0.25, 0.2857], [0.75, 0.7143]]),
        "through_softmax_of_columns": ([0.9398, 0.0468, 0.0134], [[0.1192, 0.0474], [0.8808, 0.9526]]),
        "of_length_one": ([0.9684, 0.2421, -0.0605], [[0.4472, 0.8944], [0.5145, 0.8575]]),
        "last_for_all": ([-0.25, -0.25, -0.25], [[3, 5], [3, 5]]),
        "sum_for_all": ([4.75, 4.75, 4.75], [[11, 11], [11, 11]]),
        "largest_for_all": ([4, 4, 4], [[5, 5], [5, 5]]),
        "above_half": ([1, 1, 0], [[1, 1], [1, 1]]),
        "only_where_one": ([0, 1, 0], [[1, 0], [0, 0]]),
        "detached": ([4, 1, -0.25], [[1, 2], [3, 5]]),
    },
    "IN_PLACE_OF_A_MEAN": {
        "median": (1, 2),
        "sum": (4.75, 11),
        "largest": (4, 5),
        "smallest": (-0.25, 1),
        "product": (-1, 30),
        "root_mean_square": (2.3848, 3.1225),
        "root": (1.2583, 1.6583),
        "mean_of_roots": (NAN, 1.5956),
        "mean_over_first": (1.5833, [2, 3.5]),
        "mean_over_last": (1.5833, [1.5, 4]),
        "sum_over_first": (4.75, [4, 7]),
        "sum_over_last": (4.75, [3, 8]),
        "first": (4, 1),
        "last": (-0.25, 5),
        "spread": (2.1842, 1.7078),
        "of_those_above_zero": (2.375, 2.75),
    },
    "OF_ALL_ARGUMENTS": {
        "last_left_out": ([4, 1], [[1, 2]]),
        "first_left_out": ([1, -0.25], [[3, 5]]),
        "first_alone": ([4], [[1, 2]]),
        "last_alone": ([-0.25], [[3, 5]]),
        "last_column_left_out": ([4, 1], [[1], [3]]),
        "first_column_left_out": ([1, -0.25], [[2], [5]]),
        "turned": ([4, 1, -0.25], [[1, 3], [2, 5]]),
        "flattened": ([4, 1, -0.25], [1, 2, 3, 5]),
    },
    "TERMS": {
        "itself": ([4, 1, -0.25], [[1, 2], [3, 5]]),
        "size": ([4, 1, 0.25], [[1, 2], [3, 5]]),
        "half": ([2, 0.5, -0.125], [[0.5, 1], [1.5, 2.5]]),
        "square": ([16, 1, 0.0625], [[1, 4], [9, 25]]),
        "half_square": ([8, 0.5, 0.0312], [[0.5, 2], [4.5, 12.5]]),
        "logarithm": ([1.3863, 0, NAN], [[0, 0.6931], [1.0986, 1.6094]]),
        "half_logarithm": ([0.6931, 0, NAN], [[0, 0.3466], [0.5493, 0.8047]]),
        "exponential": ([54.5981, 2.7183, 0.7788], [[2.7183, 7.3891], [20.0855, 148.4132]]),
        "sum_of_rows": (4.75, [3, 8]),
        "mean": (1.5833, 2.75),
        "sum": (4.75, 11),
    },
}

# Of whole numbers: 3, 0 and 2
WHOLE: dict[str, object] = {
    "zero": [0, 0, 0],
    "one": [1, 1, 1],
    "plus_one": [4, 1, 3],
    "less_one": [2, -1, 1],
    "reversed": [2, 0, 3],
    "one_behind": [2, 3, 0],
    "one_ahead": [0, 2, 3],
    "transposed": [3, 0, 2],
    "from_zero_and_one": [5, -1, 3],
    "first_for_all": [3, 3, 3],
    "last_for_all": [2, 2, 2],
    "sorted": [0, 2, 3],
    "sum_for_all": [5, 5, 5],
    "squared": [9, 0, 4],
    "sign_alone": [1, 0, 1],
    "root_taken": [1.7321, 0, 1.4142],
    "inverted": [0.3333, INF, 0.5],
    "through_log": [1.0986, -INF, 0.6931],
    "from_both_signs": [2, 0.5, 1.5],
    "in_shares": [0.6, 0, 0.4],
    "through_softmax": [0.7054, 0.0351, 0.2595],
}

# Of two: the row and 2, 4, 0.5
PAIRS: dict[str, dict[str, object]] = {
    "OF_TWO_ARGUMENTS": {
        "plus": [6, 5, 0.25],
        "less": [2, -3, -0.75],
        "times": [8, 4, -0.125],
        "over": [2, 0.25, -0.5],
        "averaged_with": [3, 2.5, 0.125],
        "or_larger": [4, 4, 0.5],
        "or_smaller": [2, 1, -0.25],
    },
    "ACTS": {
        "added": [6, 5, 0.25],
        "subtracted": [2, -3, -0.75],
        "multiplied": [8, 4, -0.125],
        "divided": [2, 0.25, -0.5],
    },
}


def near(got: Tensor, expected: object) -> None:
    torch.testing.assert_close(got.double(), tensor(expected).double(), rtol=1e-4, atol=6e-5, equal_nan=True)


@pytest.mark.parametrize("table", MADE)
def test_what_is_made_of_numbers(table: str):
    """Of a row and of rows."""
    there = getattr(changes, table)
    for name, results in MADE[table].items():
        for given, expected in zip((ROW, ROWS), results, strict=True):
            if expected is None:
                with pytest.raises(ValueError, match=r"^$"):
                    there[name][0](given)
            else:
                near(there[name][0](given), expected)


def test_what_is_made_of_whole_numbers():
    """Those that make sense of them."""
    for name, expected in WHOLE.items():
        near(changes.OF_WHOLE_NUMBERS[name][0](tensor([3, 0, 2])), expected)


@pytest.mark.parametrize("table", PAIRS)
def test_what_is_made_of_two(table: str):
    """In this order."""
    there = getattr(changes, table)
    for name, expected in PAIRS[table].items():
        near(there[name][0](ROW, tensor([2.0, 4.0, 0.5])), expected)


def test_what_cuts_the_graph():
    """The numbers are the same, and no gradient flows."""
    x = ROW.clone().requires_grad_()
    assert not changes.OF_AN_ARGUMENT["detached"][0](x).requires_grad
    assert changes.OF_AN_ARGUMENT["doubled"][0](x).requires_grad
