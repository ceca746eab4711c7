// How high each line is, and where it stands.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Lines, rowsOf } from "../../webhook/static/grid/lines.js";

const ONE_EACH = () => 10;

test("lines of which nothing is known are of one height, without end", () => {
  const lines = new Lines(26);
  assert.deepEqual([lines.top(0), lines.top(5), lines.top(100000)], [0, 130, 2600000]);
  assert.deepEqual([lines.at(-5), lines.at(0), lines.at(25), lines.at(26), lines.at(2600001)], [0, 0, 0, 1, 100000]);
});

test("what one line needs moves those below it, and is found again", () => {
  const lines = new Lines(26);
  /** @type {Map<number, number>} */
  const wanted = new Map();
  for (let n = 0; n < 300; n++) {
    const [line, height] = [(n * 7919) % 1500, 26 + ((n * 31) % 9) * 21];
    lines.set(line, height);
    wanted.set(line, height);
  }
  let top = 0;
  for (let line = 0; line < 2000; line++) {
    const height = wanted.get(line) ?? 26;
    assert.equal(lines.height(line), height);
    assert.equal(lines.top(line), top);
    assert.equal(lines.at(top), line);
    assert.equal(lines.at(top + height - 1), line);
    top += height;
  }
});

test("a text takes as many rows as fit, each of its own lines at least one, ten at most", () => {
  assert.equal(rowsOf("", 100, ONE_EACH), 1);
  assert.equal(rowsOf("十个字正好是一整行啊", 100, ONE_EACH), 1);
  assert.equal(rowsOf("十一个字就不止是一行啊啊", 100, ONE_EACH), 2);
  assert.equal(rowsOf("一\n\n三", 100, ONE_EACH), 3);
  assert.equal(rowsOf("长".repeat(900), 100, ONE_EACH), 10);
});
