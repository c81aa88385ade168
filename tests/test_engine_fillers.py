"""What fillers draw, at their ends, and which ones Caffe stops at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.errors import PrototxtError
from caffe_multilabel.nets.lint import lint_net

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caffe_multilabel.caffe.proto.types import NetParameter

pytestmark = pytest.mark.torch


def net_of(filler: str, *shape: int) -> NetParameter:
    dims = " ".join(f"dim: {size}" for size in shape)
    return parse_text(
        'layer { name: "d" type: "DummyData" top: "d" dummy_data_param {'
        f" shape {{ {dims} }} data_filler {{ {filler} }} }} }}",
        "NetParameter",
    )


def filled(filler: str, *shape: int) -> NDArray[np.float32]:
    from caffe_multilabel.engine import Net  # noqa: PLC0415  (torch)

    values: NDArray[np.float32] = Net(net_of(filler, *shape), seed=1).forward()["d"].numpy()
    return values


@pytest.mark.parametrize(
    ("filler", "message"),
    [
        ('type: "gaussian" std: 0', "std is 0 in a gaussian filler; write one above 0"),
        ('type: "gaussian" std: -1', "std is -1 in a gaussian"),
        ('type: "gaussian" std: nan', "std is nan in a gaussian"),
        ('type: "gaussian" sparse: 5', "sparse is 5 in a gaussian filler of 4x3; at most 4"),
        ('type: "uniform" min: 2', "min is 2 and max 1 in a uniform filler"),
        ('type: "uniform" min: nan', "min is nan and max 1"),
        ('type: "uniform" max: nan', "min is 0 and max nan"),
        ('type: "uniform" min: -inf', "min is -inf and max 1"),
        ('type: "uniform" min: 3.4028235e38 max: inf', r"min is 3.40282e\+38 and max inf"),
        ('type: "bilinear"', "a bilinear filler cannot fill 4x3"),
    ],
)
def test_what_caffe_stops_at_is_one_line(filler: str, message: str) -> None:
    with pytest.raises(PrototxtError, match=f"^layer 'd' .DummyData.: {message}") as caught:
        filled(filler, 4, 3)
    assert "\n" not in str(caught.value)
    (finding,) = lint_net(net_of(filler, 4, 3), phase="TRAIN")
    assert (finding.severity, finding.layer) == ("error", "d")


def test_what_caffe_takes_is_filled() -> None:
    most = np.finfo(np.float32).max
    assert (filled('type: "uniform" min: 1', 4, 3) == 1).all()
    wide = filled('type: "uniform" min: -3e38 max: 3e38', 50, 50)
    assert -3e38 < wide.min() < -2.9e38
    assert 2.9e38 < wide.max() < 3e38
    assert 0.9 * most < filled('type: "uniform" max: inf', 50, 50).max() <= most
    assert np.isinf(filled('type: "gaussian" std: inf', 4, 3)).all()
    assert np.isnan(filled('type: "constant" value: nan', 4, 3)).all()
    assert not filled('type: "gaussian" sparse: 0', 4, 3).any()
    assert filled('type: "positive_unitball"', 3).tolist() == [1, 1, 1]
    sums = filled('type: "positive_unitball"', 4, 3, 2).reshape(4, -1).sum(1)
    np.testing.assert_allclose(sums, 1, rtol=1e-6)


@pytest.mark.parametrize(("norm", "fan"), [("FAN_IN", 24), ("FAN_OUT", 160), ("AVERAGE", 92)])
def test_xavier_and_msra_go_by_their_norm(norm: str, fan: float) -> None:
    # 40 x 6 x 2 x 2: Caffe's fan in is the count over the first axis, out over the second.
    bound = filled(f'type: "xavier" variance_norm: {norm}', 40, 6, 2, 2)
    assert 0.97 * (3 / fan) ** 0.5 < np.abs(bound).max() <= (3 / fan) ** 0.5
    spread = filled(f'type: "msra" variance_norm: {norm}', 40, 6, 2, 2)
    assert spread.std() == pytest.approx((2 / fan) ** 0.5, rel=0.1)


def test_what_a_layer_in_place_makes_of_constants_stays() -> None:
    """Losses that a real `caffe train` printed: Caffe fills constants once."""
    from caffe_multilabel.engine import Net  # noqa: PLC0415

    net = Net(
        parse_text(
            """
            layer { name: "d" type: "DummyData" top: "x" top: "y" dummy_data_param {
              shape { dim: 2 dim: 3 } shape { dim: 2 dim: 3 }
              data_filler { type: "constant" value: 2 } data_filler { type: "constant" value: 1 } }
            }
            layer { name: "p" type: "Power" bottom: "x" top: "x" power_param { scale: 3 shift: 1 } }
            layer { name: "l" type: "EuclideanLoss" bottom: "x" bottom: "y" top: "l" }
            """,
            "NetParameter",
        )
    )
    losses = [float(net.forward()["l"]) for _ in range(4)]
    assert losses == [54, 661.5, 6534, 60601.5]
