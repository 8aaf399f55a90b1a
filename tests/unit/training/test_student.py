"""The networks that fly: one definition, three sizes. Needs the extra `train`."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")

from payload.training.student import DESIGNS, NAMES, SingleConvolution, fresh, parameters

names = pytest.mark.parametrize("name", NAMES)


def bands(height, width, count=1, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(count, 4, height, width, generator=generator)


def test_the_family_has_the_sizes_that_it_is_known_by():
    # Counted by hand for `default`, layer by layer: a convolution of i to o by a kernel of k has
    # i o k k weights, batch norm 2 o more, the last ones of two groups a bias.
    stem, levels = (4 * 16 * 4 + 32), 0
    for inputs, outputs in ((16, 16), (16, 32), (32, 64)):
        levels += inputs * outputs * 9 + 2 * outputs
    up = (64 * 32 + 64) + (32 * 32 * 9 + 64) + (32 * 16 + 32) + (16 * 16 * 9 + 32)
    head = (16 * 16 + 16) + (8 * 16 + 32) + (16 + 1)
    assert stem + levels + up + head == 40_577
    counts = {name: parameters(fresh(name, 1)) for name in NAMES}
    assert counts == {"fast": 42_161, "default": 40_577, "large": 118_785, "conv3x3": 625}
    assert counts["large"] <= 119_545  # nnU-Net's default plan has 280 times as many
    assert 280 * counts["large"] <= 33_472_684


def test_names_of_designs_tell_their_shape():
    assert [design.name for design in DESIGNS.values()] == [
        "s2d4_w16_L3_p16",
        "s2d2_w16_L3_p16",
        "s2d2_w16_L4_p16",
    ]


@names
def test_a_network_gives_one_logit_a_pixel(name):
    network = fresh(name, 3).eval()
    cell = network.multiple_px
    for height, width in ((cell, cell), (3 * cell, 2 * cell), (48, 80)):
        assert network(bands(height, width, 2)).shape == (2, 1, height, width)


@names
def test_the_same_name_and_seed_give_the_same_weights_and_others_do_not(name):
    given = bands(32, 48)
    one, twin, other = (fresh(name, seed).eval()(given) for seed in (3, 3, 4))
    assert torch.equal(one, twin)
    assert not torch.equal(one, other)


@names
def test_making_a_network_leaves_torchs_own_random_state_alone(name):
    before = torch.random.get_rng_state()
    fresh(name, 1)
    assert torch.equal(before, torch.random.get_rng_state())


@names
def test_a_network_moved_by_whole_cells_says_the_same_there(name):
    network = fresh(name, 2).eval()
    cell = network.multiple_px
    large = bands(12 * cell, 12 * cell)
    with torch.no_grad():
        whole = network(large)
        moved = network(torch.roll(large, cell, dims=-1))
    inside = slice(5 * cell, 7 * cell)
    assert torch.allclose(
        whole[..., inside, inside],
        torch.roll(moved, -cell, dims=-1)[..., inside, inside],
        atol=1e-5,
    )


def test_images_of_a_batch_know_nothing_of_each_other():
    network = fresh("default", 2).eval()
    both = bands(32, 32, 2)
    with torch.no_grad():
        assert torch.allclose(network(both)[1:], network(both[1:]), atol=1e-6)


def test_the_single_convolution_sees_one_pixel_around_and_students_see_more():
    def reach(name):
        network = fresh(name, 1).eval()
        given = bands(64, 64).double()
        network.double()
        changed = given.clone()
        changed[..., 32, 32] += 1
        with torch.no_grad():
            rows = torch.nonzero((network(changed) - network(given))[0, 0].abs() > 0)[:, 0]
        return int((rows - 32).abs().max())

    assert reach(SingleConvolution.name) == 1
    assert all(reach(name) > 8 for name in DESIGNS)


@names
def test_every_weight_learns(name):
    network = fresh(name, 1).train()
    network(bands(32, 32, 2)).square().sum().backward()
    for label, weight in network.named_parameters():
        assert weight.grad is not None, label
        assert np.isfinite(float(weight.grad.abs().sum())), label
