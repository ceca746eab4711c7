// What follows a row of cells.

import assert from "node:assert/strict";
import { test } from "node:test";
import { following } from "../../webhook/static/grid/series.js";

/**
 * @param {import("../../webhook/static/grid/server.js").Value[]} values
 * @param {boolean} [dated]
 */
const three = (values, dated = false) => [0, 1, 2].map(following(values, dated));

test("numbers with one step go on, a single one stays, a single day goes on", () => {
  assert.deepEqual(three([1, 2]), [3, 4, 5]);
  assert.deepEqual(three([10, 7.5]), [5, 2.5, 0]);
  assert.deepEqual(three([0.1, 0.2]), [0.3, 0.4, 0.5]);
  assert.deepEqual(three([7]), [7, 7, 7]);
  assert.deepEqual(three([46350], true), [46351, 46352, 46353]);
  assert.deepEqual(three([46350, 46357], true), [46364, 46371, 46378]);
  assert.deepEqual(three([1, 2, 4]), [1, 2, 4]);
});

test("texts go on by their last number", () => {
  assert.deepEqual(three(["第1条"]), ["第2条", "第3条", "第4条"]);
  assert.deepEqual(three(["11-24"]), ["11-25", "11-26", "11-27"]);
  assert.deepEqual(three(["007"]), ["008", "009", "010"]);
  assert.deepEqual(three(["2号", "4号"]), ["6号", "8号", "10号"]);
  assert.deepEqual(three(["A1", "B1"]), ["A1", "B1", "A1"]);
});

test("anything else comes again from the start", () => {
  assert.deepEqual(three(["督查"]), ["督查", "督查", "督查"]);
  assert.deepEqual(three(["督查", 1]), ["督查", 1, "督查"]);
  assert.deepEqual(three([""]), ["", "", ""]);
  assert.deepEqual(three([true]), [true, true, true]);
});
