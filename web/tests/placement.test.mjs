// Where pictures lie in the input of a detector, as tests/predict/test_placement.py has it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { place } from "../src/placement.js";

test("a picture at its own size is reduced to about 16 megapixels", () => {
  // 4096 x 4096; 16384 x 0.4, of which no row has less than a pixel.
  assert.deepEqual(place({ height: 7000, width: 7000 }, Infinity, null).scaled, { height: 4096, width: 4096 });
  assert.deepEqual(place({ height: 1, width: 40000 }, Infinity, null).scaled, { height: 1, width: 16384 });
});

test("a picture is not enlarged", () => {
  assert.deepEqual(place({ height: 30, width: 40 }, 640, null), {
    picture: { height: 30, width: 40 },
    scaled: { height: 30, width: 40 },
    input: { height: 32, width: 64 },
  });
});
