import base64

import cv2
import numpy as np

from sar_models.report.encode import data_uri, jpeg, jpeg_within, png


def decoded(data: bytes) -> np.ndarray:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert image is not None
    return image


def test_png_keeps_every_value_and_the_order_of_channels() -> None:
    rgba = np.random.default_rng(0).integers(0, 256, (5, 6, 4), dtype=np.uint8)
    np.testing.assert_array_equal(decoded(png(rgba))[..., [2, 1, 0, 3]], rgba)
    np.testing.assert_array_equal(decoded(png(rgba[..., :3]))[..., ::-1], rgba[..., :3])
    np.testing.assert_array_equal(decoded(png(rgba[..., 0])), rgba[..., 0])


def test_jpeg_keeps_red_red() -> None:
    red = np.zeros((16, 16, 3), np.uint8)
    red[..., 0] = 220
    blue, green, red_out = decoded(jpeg(red))[8, 8]
    assert red_out > 200 > 40 > max(int(blue), int(green))


def test_noise_stays_within_the_limit() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (700, 700, 3), dtype=np.uint8)
    data = jpeg_within(noise, 60_000)
    assert len(data) <= 60_000
    assert decoded(data).ndim == 3


def test_a_picture_that_fits_is_not_made_smaller() -> None:
    flat = np.full((300, 400, 3), 200, np.uint8)
    assert jpeg_within(flat, 60_000) == jpeg(flat)


def test_data_uris_hold_the_bytes() -> None:
    uri = data_uri(b"\x00\xff", "png")
    assert uri.startswith("data:image/png;base64,")
    assert base64.b64decode(uri.split(",")[1]) == b"\x00\xff"
