// Where Ctrl and an arrow lead.

import assert from "node:assert/strict";
import { test } from "node:test";
import { edge } from "../../webhook/static/grid/edges.js";

/**
 * @param {string} cells x: filled, .: empty, ?: not known
 * @param {number} from
 * @param {number} [step]
 */
const to = (cells, from, step = 1) =>
  edge(from, step, step > 0 ? cells.length - 1 : 0, (place) => (cells[place] === "?" ? undefined : cells[place] === "x"));

test("inside a block to its end, else to the next filled cell, else to the last place", () => {
  assert.equal(to("xxx..xx", 0), 2);
  assert.equal(to("xxx..xx", 2), 5);
  assert.equal(to("xxx..xx", 3), 5);
  assert.equal(to("xxx....", 2), 6);
  assert.equal(to("xxxx", 1), 3);
  assert.equal(to("x.x", 0), 2);
  assert.equal(to("xxx", 2), 2);
});

test("backwards just so", () => {
  assert.equal(to("xx..xxx", 6, -1), 4);
  assert.equal(to("xx..xxx", 4, -1), 1);
  assert.equal(to("...x", 3, -1), 0);
  assert.equal(to("xx", 0, -1), 0);
});

test("is not known where a cell on the way is not", () => {
  assert.equal(to("xx?x", 0), undefined);
  assert.equal(to("xx.x?", 0), 1);
  assert.equal(to("?x", 0), undefined);
});
