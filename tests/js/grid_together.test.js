// Two people at one tab, with slow and broken lines: nothing that they type or paste is lost or mixed, and both see the same.

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { Cursor } from "../../webhook/static/grid/cursor.js";
import { Person, seeded, session } from "./people.js";
import { Clock } from "./clock.js";
import { Workbook, open } from "./workbook.js";

const HEADERS = ["填报人", "来源", "街路", "位置", "类别", "严重程度", "问题描述", "照片"];
const ACTS = 60;
const ONCE_MIXED = [69, 73, 83, 97, 122, 159, 180, 187, 192, 233]; // seeds that mixed rows or lost them before
const LAGS = [5, 40, 200, 600]; // ms at most, for what is asked and for what is answered

const clock = new Clock();
beforeEach(() => clock.start());
afterEach(() => clock.stop());

/**
 * @param {number} seed
 * @returns what two people expect after their work, and what the workbook holds
 */
async function work(seed) {
  const random = seeded(seed);
  const workbook = new Workbook([], HEADERS);
  const people = ["甲", "乙"].map((name) => new Person(name, workbook, random, LAGS[random(LAGS.length)] ?? 0));
  await session(clock, people, ACTS);
  const held = new Map(workbook.values.map((values) => [values[0], values]));
  const rows = people.flatMap((person) => person.rows);
  return {
    wrong: rows.filter((words) => words.some((word, place) => held.get(words[0] ?? "")?.[place] !== word)),
    strange: [...held.keys()].filter((word) => word && !rows.some(([first]) => first === word)),
    orders: people.map(({ sheet }) => sheet.order.join()),
    order: workbook.order.join(),
    count: rows.length,
  };
}

describe("two people", () => {
  test("find what they typed, pasted and did not take back, each in a row of its own", async () => {
    for (const seed of [...Array(8).keys(), ...ONCE_MIXED]) {
      const { wrong, strange, orders, order, count } = await work(seed);
      assert.deepEqual({ seed, wrong, strange, orders }, { seed, wrong: [], strange: [], orders: [order, order] });
      assert.ok(count > 100, "they were at work");
    }
  });
});

describe("the cursor", () => {
  test("under all rows stands on an empty one until something is typed", async () => {
    const { sheet } = await open(new Workbook([["甲"]], HEADERS));
    const cursor = new Cursor(sheet);
    cursor.stand(0);
    assert.equal(cursor.onEmpty, false);
    cursor.stand(4);
    assert.equal(cursor.onEmpty, true);
    const { seed } = sheet.target(5);
    if (seed) seed.used = true;
    assert.equal(cursor.onEmpty, false);
  });
});
