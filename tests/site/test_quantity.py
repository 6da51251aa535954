"""When two numbers with units agree."""

from decimal import Decimal

import pytest

from whiteboard.site.quantity import quantities, quantity


@pytest.mark.parametrize(
    ("written", "printed", "agree"),
    [
        ("1.05 TB", "1048576000000", True),
        ("1.05 TB", "1.049 TB", True),
        ("1.05 TB", "1049 GB", True),
        ("1.05 TB", "1.05", True),
        ("1.05 TB", "1.05 GB", False),
        ("1.05 TB", "1.05 TiB", False),
        ("0.954 TiB", "1048576000000", True),
        ("1.06 TB", "1048576000000", False),
        ("327,680", "327680.0", True),
        ("327,681", "327680", False),
        ("93 %", "0.9312", True),
        ("93 %", "0.9351", False),
        ("8×", "8.0", True),
        ("128K", "131072", True),
        ("128K", "128000", True),
        ("12 ms", "0.0121", True),
        ("12 ms", "12 s", False),
        ("0.50", "0.496", True),
        ("0.50", "0.49", False),
        ("0.5", "0.49", True),
        ("40 tokens per second", "40 GB", False),
    ],
)
def test_a_number_agrees_with_what_rounds_to_it(written, printed, agree):
    (prose,), (output,) = quantities(written), quantities(printed)
    assert prose.shows(output) is agree


@pytest.mark.parametrize(
    ("written", "literal", "agree"),
    [
        ("80 layers", "80", True),
        ("80 GB", "80", False),
        ("80 GB", "80e9", True),
        ("2 bytes", "2", True),
        ("100K", "100000", True),
        ("8×", "8", False),
        ("93 %", "0.93", True),
    ],
)
def test_a_literal_of_the_code_is_a_condition(written, literal, agree):
    (prose,) = quantities(written)
    assert prose.shows(quantity(literal, literal=True)) is agree


def test_about_takes_trailing_zeros_for_rounding():
    (written,), (printed,) = quantities("330,000"), quantities("327680")
    assert not written.shows(printed)
    assert written.about().shows(printed)
    assert written.about().half == Decimal(5000)
