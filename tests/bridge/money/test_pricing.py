"""One period of one item."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.money import Interval, Item, Price, Round, Tier, TiersMode, Transform, amount

# The tiers of Stripe's own example: 1-5 at 7 USD, 6-10 at 6.50, from 11 on at 6.
TIERS = (
    Tier(5, Decimal(700)),
    Tier(10, Decimal(650)),
    Tier(None, Decimal(600)),
)


def tiered(mode: TiersMode, quantity: int, tiers: tuple[Tier, ...] = TIERS) -> Fraction:
    return amount(Item(Price(Interval.MONTH, tiers_mode=mode, tiers=tiers), quantity))


@pytest.mark.parametrize(("quantity", "dollars"), [(1, 7), (5, 35), (6, 39), (20, 120), (25, 150)])
def test_volume_tiers_as_in_stripes_example(quantity: int, dollars: int) -> None:
    assert tiered(TiersMode.VOLUME, quantity) == dollars * 100


@pytest.mark.parametrize(
    ("quantity", "cents"), [(1, 700), (5, 3500), (6, 4150), (20, 12750), (25, 15750)]
)
def test_graduated_tiers_as_in_stripes_example(quantity: int, cents: int) -> None:
    assert tiered(TiersMode.GRADUATED, quantity) == cents


def test_flat_amounts_are_charged_for_each_tier_that_is_reached() -> None:
    tiers = (Tier(5, Decimal(500), Decimal(1000)), Tier(None, Decimal(400), Decimal(2000)))
    assert tiered(TiersMode.GRADUATED, 5, tiers) == 5 * 500 + 1000
    assert tiered(TiersMode.GRADUATED, 6, tiers) == 5 * 500 + 1000 + 400 + 2000
    assert tiered(TiersMode.GRADUATED, 0, tiers) == 1000
    assert tiered(TiersMode.VOLUME, 6, tiers) == 6 * 400 + 2000


@given(st.integers(0, 40), st.permutations(TIERS))
def test_the_order_in_which_tiers_are_listed_does_not_matter(
    quantity: int, tiers: list[Tier]
) -> None:
    for mode in TiersMode:
        assert tiered(mode, quantity, tuple(tiers)) == tiered(mode, quantity)


@given(st.integers(0, 60))
def test_graduated_is_the_sum_of_its_units(quantity: int) -> None:
    def rate(unit: int) -> int:
        return 700 if unit <= 5 else 650 if unit <= 10 else 600

    assert tiered(TiersMode.GRADUATED, quantity) == sum(map(rate, range(1, quantity + 1)))


@pytest.mark.parametrize(
    ("quantity", "up", "down"), [(0, 0, 0), (1, 1, 0), (10, 1, 1), (11, 2, 1), (20, 2, 2)]
)
def test_packages_are_rounded_as_the_price_says(quantity: int, up: int, down: int) -> None:
    def packages(rounding: Round) -> Fraction:
        price = Price(Interval.MONTH, unit_amount=Decimal(300), transform=Transform(10, rounding))
        return amount(Item(price, quantity))

    assert packages(Round.UP) == 300 * up
    assert packages(Round.DOWN) == 300 * down


def test_fractions_of_a_minor_unit_are_kept() -> None:
    price = Price(Interval.MONTH, unit_amount=Decimal("0.05"))
    assert amount(Item(price, 333)) == Fraction("16.65")


def test_metered_use_is_not_known_in_advance() -> None:
    price = Price(Interval.MONTH, unit_amount=Decimal(500), metered=True)
    assert amount(Item(price, 10)) == 0
