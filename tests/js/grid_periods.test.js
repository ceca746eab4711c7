// Days of a filter.

import assert from "node:assert/strict";
import { test } from "node:test";
import { period, tree } from "../../webhook/static/grid/periods.js";

/** @param {string} name @param {string} today */
const days = (name, today) => Object.values(period(name, today)).join(" ");

test("weeks begin on Monday and months end on their last day, over the ends of years too", () => {
  assert.equal(days("本周", "2026-11-29"), "2026-11-23 2026-11-29", "a Sunday");
  assert.equal(days("本周", "2026-11-30"), "2026-11-30 2026-12-06", "a Monday");
  assert.equal(days("上周", "2027-01-01"), "2026-12-21 2026-12-27");
  assert.equal(days("上月", "2027-01-31"), "2026-12-01 2026-12-31");
  assert.equal(days("上月", "2028-03-31"), "2028-02-01 2028-02-29");
  assert.equal(days("本月", "2026-02-10"), "2026-02-01 2026-02-28");
  assert.equal(days("昨天", "2026-03-01"), "2026-02-28 2026-02-28");
  assert.equal(days("今年", "2026-03-01"), "2026-01-01 2026-12-31");
});

test("days stand by year and month, the rest beside them", () => {
  const { years, others } = tree([["", 3], ["2025-12-31", 1], ["2026-11-02", 2], ["2026-11-24", 1], ["昨天", 1]]);
  assert.deepEqual([...years.keys()], ["2026", "2025"]);
  assert.deepEqual(years.get("2026")?.get("11"), [["2026-11-02", 2], ["2026-11-24", 1]]);
  assert.deepEqual(others, [["", 3], ["昨天", 1]]);
});
