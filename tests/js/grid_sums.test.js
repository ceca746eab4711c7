// Count, sum and mean of a selection.

import assert from "node:assert/strict";
import { test } from "node:test";
import { summed } from "../../webhook/static/grid/sums.js";

test("texts and days count, numbers are summed", () => {
  const cells = [1, 2.5, "", "三", true].map((value) => ({ value, dated: false }));
  assert.deepEqual(summed([...cells, { value: 46350, dated: true }]), { count: 5, numbers: 2, sum: 3.5 });
  assert.deepEqual(summed([]), { count: 0, numbers: 0, sum: 0 });
});
