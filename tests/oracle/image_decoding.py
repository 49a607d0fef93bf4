#!/usr/bin/env python3
"""Golden vectors for decoding, nearest resizing and grey conversion, by Pillow (which Keras's load_img uses).

Needs Debian's python3-pil and python3-numpy. Writes tests/Forge.Models.Tests/Datasets/fixtures/images.json:
    /usr/bin/python3 tests/oracle/image_decoding.py
"""
import base64
import io
import json
import pathlib

import numpy as np
from PIL import Image

OUT = pathlib.Path(__file__).resolve().parents[1] / "Forge.Models.Tests/Datasets/fixtures/images.json"


def b64(data):
    return base64.b64encode(bytes(data)).decode()


def picture(height, width):
    """A smooth colour gradient with a bright disc: JPEG keeps it closely."""
    rows, columns = np.mgrid[0:height, 0:width]
    red = 255 * columns / max(1, width - 1)
    green = 255 * rows / max(1, height - 1)
    blue = np.where((rows - height / 2) ** 2 + (columns - width / 2) ** 2 < (height / 4) ** 2, 220, 40)
    return np.stack([red, green, blue], -1).astype(np.uint8)


def main():
    colour = Image.fromarray(picture(13, 17))
    noisy = Image.fromarray(np.random.default_rng(5).integers(0, 256, (10, 7, 3), dtype=np.uint8))
    alpha = noisy.copy()
    alpha.putalpha(Image.fromarray(np.arange(70, dtype=np.uint8).reshape(10, 7) * 3))
    files = [
        ("rgb.png", noisy, {}), ("alpha.png", alpha, {}), ("grey.png", noisy.convert("L"), {}), ("palette.png", noisy.quantize(16), {}),
        ("bits.png", noisy.convert("1"), {}),
        ("smooth.jpg", colour, {"quality": 95, "subsampling": 0}), ("grey.jpg", colour.convert("L"), {"quality": 95}),
        ("progressive.jpg", colour, {"quality": 95, "subsampling": 0, "progressive": True}),
        ("rgb.bmp", noisy, {}), ("palette.bmp", noisy.quantize(16), {}), ("palette.gif", noisy.quantize(16), {}),
        ("lossless.webp", noisy, {"lossless": True}), ("lossy.webp", colour, {"quality": 90}),
        ("raw.ppm", noisy, {}), ("raw.pgm", noisy.convert("L"), {}), ("raw.pbm", noisy.convert("1"), {}),
    ]
    cases = []
    for name, image, options in files:
        stream = io.BytesIO()
        kind = {"jpg": "JPEG", "ppm": "PPM", "pgm": "PPM", "pbm": "PPM"}.get(name.split(".")[1], name.split(".")[1].upper())
        image.save(stream, kind, **options)
        decoded = Image.open(io.BytesIO(stream.getvalue()))
        rgb = decoded.convert("RGB")
        cases.append({
            "name": name, "file": b64(stream.getvalue()), "height": rgb.height, "width": rgb.width,
            "rgb": b64(rgb.tobytes()), "grey": b64(rgb.convert("L").tobytes()),
        })
    resizes = []
    source = np.arange(19 * 23, dtype=np.uint16).astype(np.uint8).reshape(19, 23)
    for height, width in [(1, 1), (7, 5), (19, 23), (28, 28), (38, 46), (10, 100), (64, 3), (150, 150)]:
        resized = np.asarray(Image.fromarray(source).resize((width, height), Image.NEAREST))
        rows = np.asarray(Image.fromarray(np.arange(19, dtype=np.uint8).reshape(19, 1)).resize((1, height), Image.NEAREST)).ravel()
        columns = np.asarray(Image.fromarray(np.arange(23, dtype=np.uint8).reshape(1, 23)).resize((width, 1), Image.NEAREST)).ravel()
        assert (resized == source[np.ix_(rows, columns)]).all()  # so rows and columns say everything
        resizes.append({"height": height, "width": width, "rows": rows.tolist(), "columns": columns.tolist()})
    steps = []
    for source_side, target_side in [(1000, 150), (640, 150), (333, 100), (31, 224), (4000, 299), (77, 76), (6000, 7), (97, 1001)]:
        line = np.arange(source_side, dtype=np.int32).reshape(1, -1)
        steps.append({"source": source_side, "target": target_side,
                      "columns": np.asarray(Image.fromarray(line, "I").resize((target_side, 1), Image.NEAREST)).ravel().tolist()})
    OUT.write_text(json.dumps({"files": cases, "resizes": resizes, "steps": steps}, separators=(",", ":")) + "\n")
    print(f"{OUT}: {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
