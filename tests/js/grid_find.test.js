// Finding and replacing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { following, replaced } from "../../webhook/static/grid/find.js";

test("the next match is after the cell, the previous before it, and both go round", () => {
  const places = [[1, 2], [1, 5], [4, 0]].map(([position = 0, column = 0]) => ({ position, column }));
  const next = (/** @type {number} */ position, /** @type {number} */ column, back = false) => following(places, { position, column }, back);
  assert.deepEqual([next(1, 2), next(1, 3), next(2, 9), next(4, 0)], [1, 1, 2, 0]);
  assert.deepEqual([next(1, 2, true), next(1, 3, true), next(4, 0, true), next(9, 9, true)], [2, 0, 1, 2]);
  assert.deepEqual([following([], { position: 1, column: 1 }, false), following([], { position: 1, column: 1 }, true)], [-1, -1]);
});

test("words are replaced as they stand, whatever signs are in them", () => {
  assert.equal(replaced("A.b a.B axb", "a.b", "$&1"), "$&1 $&1 axb");
  assert.equal(replaced("(一)(一)", "(一)", ""), "");
});
