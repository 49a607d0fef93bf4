#!/usr/bin/env python3
"""Golden vectors for ImageDataGenerator's affine transform.

Needs Debian's python3-numpy and python3-scipy. Writes tests/Forge.Models.Tests/Datasets/fixtures/affine.json:
    /usr/bin/python3 tests/oracle/image_data_generator.py
The transform follows what Keras 3 documents and does: matrices in (x, y) order, centred, then transposed to numpy's (row, column),
sampled by scipy.ndimage.affine_transform, and flipped last.
"""
import json
import math
import pathlib

import numpy as np
from scipy import ndimage

OUT = pathlib.Path(__file__).resolve().parents[1] / "Forge.Models.Tests/Datasets/fixtures/affine.json"


def transform(image, rotation, tx, ty, shear, zx, zy, horizontal, vertical, fill, value, order):
    height, width = image.shape[:2]
    steps = [
        [[math.cos(rotation), -math.sin(rotation), 0], [math.sin(rotation), math.cos(rotation), 0], [0, 0, 1]],
        [[1, 0, tx], [0, 1, ty], [0, 0, 1]],
        [[1, -math.sin(shear), 0], [0, math.cos(shear), 0], [0, 0, 1]],
        [[zx, 0, 0], [0, zy, 0], [0, 0, 1]],
    ]
    matrix = np.eye(3)
    for step in steps:
        matrix = matrix @ np.array(step, dtype=np.float64)
    # Keras hands height as x and width as y; the centre follows.
    cx, cy = height / 2 - 0.5, width / 2 - 0.5
    matrix = np.array([[1, 0, cx], [0, 1, cy], [0, 0, 1]]) @ matrix @ np.array([[1, 0, -cx], [0, 1, -cy], [0, 0, 1]])
    swap = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1]])
    matrix = swap @ matrix @ swap
    planes = [
        ndimage.affine_transform(image[..., c].astype(np.float32), matrix[:2, :2], matrix[:2, 2], order=order, mode=fill, cval=value)
        for c in range(image.shape[2])
    ]
    result = np.stack(planes, axis=-1)
    if horizontal:
        result = result[:, ::-1]
    if vertical:
        result = result[::-1]
    return result


def main():
    rng = np.random.default_rng(20240607)
    cases = []
    shapes = [(9, 9, 1), (8, 8, 3), (7, 12, 1), (11, 6, 2), (10, 10, 1)]
    for number in range(48):
        shape = shapes[number % len(shapes)]
        image = rng.integers(0, 256, shape, dtype=np.uint8)
        alone = number % 8  # each option by itself first, then all together
        pick = lambda which, low, high: float(rng.uniform(low, high)) if alone in (which, 6, 7) else None
        case = {
            "height": shape[0], "width": shape[1], "channels": shape[2],
            "rotation": pick(0, -1.2, 1.2) or 0.0,
            "tx": pick(1, -4, 4) or 0.0,
            "ty": pick(2, -4, 4) or 0.0,
            "shear": pick(3, -0.6, 0.6) or 0.0,
            "zx": pick(4, 0.7, 1.4) or 1.0,
            "zy": pick(5, 0.7, 1.4) or 1.0,
            "horizontal": bool(number & 1), "vertical": bool(number >> 1 & 1),
            "fill": ["nearest", "constant", "reflect", "wrap"][number // 5 % 4],
            "value": 37.0, "order": 0 if number % 7 == 6 else 1,
        }
        names = ("rotation", "tx", "ty", "shear", "zx", "zy", "horizontal", "vertical", "fill", "value", "order")
        result = transform(image, *(case[name] for name in names))
        case["image"] = image.ravel().tolist()
        case["expected"] = [round(float(v), 3) for v in result.ravel()]
        cases.append(case)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]\n")
    print(f"{OUT}: {len(cases)} cases, {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
