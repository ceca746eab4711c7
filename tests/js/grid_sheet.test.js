// A tab as the browser knows it: changes in their order, rows that move, blocks that come late.

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { Sheet } from "../../webhook/static/grid/sheet.js";
import { splicing } from "../../webhook/static/grid/splice.js";
import { Clock } from "./clock.js";
import { seeded } from "./people.js";
import { Workbook, open, settled } from "./workbook.js";

/** @import { Op, Reader } from "../../webhook/static/grid/server.js" */

const TEXT = 2; // the column 问题描述

const clock = new Clock();
beforeEach(() => clock.start());
afterEach(() => clock.stop());

const rows = () => [["1", "新正街", "甲"], ["2", "联胜路", "乙"], ["3", "解放路", "丙"]];

/** @param {Sheet} sheet */
const texts = (sheet) => sheet.order.slice(1).map((_, place) => sheet.text(place + 1, TEXT));

/**
 * @param {number} row
 * @param {string} to
 * @returns {Op[]}
 */
const write = (row, to) => [{ op: "set", cells: [{ row, at: 0, column: TEXT, to }] }];

describe("changes", () => {
  test("are applied once each, in the order of their versions, in whatever order they come", async () => {
    const workbook = new Workbook(rows());
    const { sheet } = await open(workbook);
    const changes = ["一", "二", "三"].map((to) => workbook.edit(write(2, to)).change);
    const later = workbook.edit([{ op: "delete", rows: [3] }]).change;
    for (const change of [later, ...changes.slice(1), ...changes]) sheet.change(change);
    assert.deepEqual(texts(sheet), ["三", "丙"]);
    assert.equal(sheet.version, workbook.version);
  });

  test("one that never comes makes it look anew", async () => {
    const workbook = new Workbook(rows());
    const { sheet } = await open(workbook);
    workbook.edit(write(2, "不见了的"));
    sheet.change(workbook.edit(write(3, "后来的")).change);
    assert.deepEqual(texts(sheet), ["甲", "乙", "丙"], "not before the one that it follows");
    clock.tick(4000);
    for (let turn = 0; turn < 5; turn++) await settled();
    await sheet.whole(1, 3);
    assert.deepEqual(texts(sheet), ["不见了的", "后来的", "丙"]);
  });

  test("one that an edit of ours made is waited for: its reply brings it", async () => {
    const workbook = new Workbook(rows());
    let reads = 0;
    /** @type {Reader} */
    const reader = { ...workbook.reader, order: () => { reads += 1; return workbook.reader.order(); } };
    const sheet = new Sheet(reader, { unanswered: () => true });
    await sheet.load();
    const ours = workbook.edit(write(2, "我们的")).change;
    sheet.change(workbook.edit(write(3, "别人的")).change);
    clock.tick(4000 * 3);
    await settled();
    assert.equal(reads, 1);
    sheet.change(ours);
    assert.equal(sheet.version, workbook.version);
  });

  test("those that come while the tab is read are not lost", async () => {
    const workbook = new Workbook(rows());
    const sheet = new Sheet(workbook.reader);
    await sheet.load();
    const loading = sheet.load(); // what it reads is read at once, and arrives later
    sheet.change(workbook.edit([{ op: "insert", row: 2, at: 1, after: false, count: 1 }]).change);
    await loading;
    assert.deepEqual(sheet.order, workbook.order);
  });

  test("what is shown is told by its version", async () => {
    const workbook = new Workbook(rows());
    /** @type {number[]} */
    const versions = [];
    const sheet = new Sheet(workbook.reader, { version: (version) => versions.push(version) });
    await sheet.load();
    sheet.change(workbook.edit(write(2, "一")).change);
    assert.deepEqual(versions, [1, 2]);
  });

  test("a tab that can't be read stays as it was, and is read when it can", async () => {
    const workbook = new Workbook(rows());
    let broken = false;
    const reader = workbook.reader;
    const sheet = new Sheet({ ...reader, order: () => (broken ? Promise.reject(new TypeError("Failed to fetch")) : reader.order()) });
    await sheet.load();
    broken = true;
    workbook.edit([{ op: "delete", rows: [2] }]);
    sheet.refresh();
    await settled();
    assert.equal(sheet.order.length, 4);
    broken = false;
    clock.tick(2000);
    await settled();
    assert.deepEqual(sheet.order, workbook.order);
  });
});

describe("blocks of rows", () => {
  test("a row that a change brought is not overwritten by a block that was read before", async () => {
    const workbook = new Workbook(rows());
    const sheet = new Sheet(workbook.reader);
    await sheet.load();
    const old = await workbook.reader.rows(0, 200);
    sheet.server = { ...workbook.reader, rows: async () => old };
    sheet.change(workbook.edit(write(2, "新的")).change);
    await sheet.whole(1, 3);
    assert.deepEqual(texts(sheet), ["新的", "乙", "丙"]);
  });

  test("a block that was read before the tab was looked at anew is read again", async () => {
    const workbook = new Workbook(rows());
    /** @type {(() => void)[]} */
    const waiting = [];
    const reader = workbook.reader;
    const sheet = new Sheet({
      ...reader,
      rows: async (top, bottom) => {
        const reply = await reader.rows(top, bottom);
        if (!waiting.length) await new Promise((resolve) => { waiting.push(() => resolve(undefined)); });
        return reply;
      },
    });
    await sheet.load();
    const late = sheet.whole(1, 3);
    await settled();
    workbook.edit(write(2, "新的"));
    await sheet.load();
    waiting[0]?.();
    await late;
    assert.deepEqual(texts(sheet), ["新的", "乙", "丙"]);
  });

  test("only blocks in which rows are missing are asked for", async () => {
    const workbook = new Workbook(Array.from({ length: 450 }, (_, place) => [String(place), "新正街", `第${place}条`]));
    /** @type {number[]} */
    const asked = [];
    const reader = workbook.reader;
    const sheet = new Sheet({ ...reader, rows: (top, bottom) => { asked.push(top); return reader.rows(top, bottom); } });
    await sheet.load();
    await sheet.whole(205, 399);
    await sheet.whole(1, 450);
    assert.deepEqual(asked, [200, 0, 400]);
    assert.equal(sheet.text(450, TEXT), "第449条");
  });

  test("a row that is on its way is not taken for an empty one", async () => {
    const sheet = new Sheet(new Workbook(rows()).reader);
    await sheet.load();
    assert.equal(sheet.value(1, TEXT), undefined);
    assert.equal(sheet.value(4, TEXT), "", "never written");
  });
});

describe("rows that move", () => {
  test("a splice moves every row that stays to where it stands then", () => {
    const random = seeded(7);
    for (let round = 0; round < 300; round++) {
      const before = Array.from({ length: 1 + random(12) }, (_, place) => place + 1);
      const at = random(before.length), removed = random(before.length - at + 1);
      const gone = before.slice(at, at + removed);
      const ids = [...gone.filter(() => random(3) > 0), ...Array.from({ length: random(3) }, (_, place) => 100 + place)].sort(() => random(2) - 0.5);
      const after = [...before.slice(0, at), ...ids, ...before.slice(at + removed)];
      const moved = splicing(gone, at, ids, at + removed === before.length);
      for (const [position, id] of before.entries()) {
        if (after.includes(id)) assert.equal(moved(position), after.indexOf(id), `${before} → ${after}, row ${id}`);
        else assert.ok(moved(position) >= 0 && moved(position) <= after.length);
      }
    }
  });

  test("rows that are added at the end do not push the empty ones down", () => {
    const moved = splicing([], 4, [9], true);
    assert.deepEqual([moved(3), moved(4), moved(7)], [3, 4, 7]);
  });

  test("an empty row that is being typed into makes way for what somebody else writes there", async () => {
    const workbook = new Workbook(rows());
    const { sheet } = await open(workbook);
    const target = sheet.target(4);
    const theirs = workbook.edit([{ op: "set", cells: [{ row: 0, at: 4, column: TEXT, to: "别人的" }] }]).change;
    sheet.change(theirs);
    assert.equal(sheet.text(4, TEXT), "别人的");
    assert.equal(sheet.where(target), 5);
    assert.equal(sheet.seeds.get(5), target.seed);
  });

  /**
   * A tab with empty rows at 4, 5 and from 7 on, two of which are being typed into, and what one edit of somebody else does
   * to its order.
   * @param {[number, number]} typed
   * @param {[at: number, removed: number, ids: number[]]} splice
   */
  async function besides(typed, splice) {
    const { sheet } = await open(new Workbook(rows()));
    const by = (/** @type {[number, number, number[]]} */ moved) => ({
      version: sheet.version + 1, by: "", asked: "", did: "", tabs: false,
      sheets: [{ sheet: 1, size: 1000, shape: false, rows: [], splice: moved }],
    });
    sheet.change(by([4, 0, [0, 0, 90]]));
    const targets = typed.map((position) => sheet.target(position));
    sheet.change(by(splice));
    return { sheet, places: targets.map((target) => sheet.where(target)) };
  }

  test("empty rows that are being typed into go below the others together, where one of them must make way", async () => {
    const { sheet, places } = await besides([4, 5], [5, 1, [91]]);
    assert.deepEqual(sheet.order, [1, 2, 3, 4, 0, 91, 90]);
    assert.deepEqual(places, [7, 8]);
  });

  test("two empty rows that are being typed into never become one", async () => {
    const { sheet, places } = await besides([5, 7], [3, 4, [0, 0]]);
    assert.deepEqual(sheet.order, [1, 2, 3, 0, 0]);
    assert.deepEqual(places, [5, 7]);
  });

  test("a row that the server wrote below others' rows is not taken for theirs before both are shown", async () => {
    const workbook = new Workbook(rows());
    /** @type {number[]} */
    const stood = [];
    const sheet = new Sheet(workbook.reader, { move: () => stood.push(sheet.where(target)) });
    await sheet.load();
    const target = sheet.target(4);
    const theirs = workbook.edit([{ op: "set", cells: [{ row: 0, at: 4, column: TEXT, to: "别人的" }] }]).change;
    const own = workbook.edit([{ op: "set", cells: [{ row: 0, at: 5, column: TEXT, to: "自己的" }] }]);
    Object.assign(target.seed || {}, { row: workbook.order[5], version: own.change.version });
    sheet.change(own.change); // its reply is here sooner than the change before it
    assert.equal(sheet.where(target), 4);
    sheet.change(theirs);
    assert.deepEqual([stood, sheet.where(target), sheet.text(5, TEXT)], [[5, 5], 5, "自己的"]);
  });

  test("a target is where its row is after a sort, and nowhere once the row is deleted", async () => {
    const workbook = new Workbook(rows());
    const { sheet } = await open(workbook);
    const target = sheet.target(1);
    sheet.change(workbook.edit([{ op: "sort", column: 0, down: true }]).change);
    assert.equal(sheet.where(target), 3);
    sheet.change(workbook.edit([{ op: "delete", rows: [target.row] }]).change);
    assert.equal(sheet.where(target), -1);
  });

  test("what stood on a row stands on it after the tab was looked at anew", async () => {
    const workbook = new Workbook(rows());
    /** @type {number[]} */
    const moves = [];
    const sheet = new Sheet(workbook.reader, { move: (moved) => moves.push(moved(1), moved(3)) });
    await sheet.load();
    workbook.edit([{ op: "sort", column: 0, down: true }]);
    await sheet.load();
    assert.deepEqual(moves, [3, 1]);
  });
});

describe("filters", () => {
  const only = (/** @type {string} */ words) => ({ words, allowed: null });

  test("show the rows that the server names, also after others moved them", async () => {
    const workbook = new Workbook(rows());
    const { sheet } = await open(workbook);
    await sheet.filterBy(-1, only("乙"));
    assert.deepEqual([sheet.lines, sheet.position(0), sheet.position(1), sheet.line(2), sheet.line(1)], [1, 2, undefined, 0, -1]);
    sheet.change(workbook.edit([{ op: "insert", row: 2, at: 1, after: false, count: 1 }]).change);
    assert.equal(sheet.position(0), 3);
    await sheet.filterBy(-1, null);
    assert.equal(sheet.position(0), 1);
  });

  test("of several columns all count", async () => {
    const { sheet } = await open(new Workbook(rows()));
    await sheet.filterBy(1, only("路"));
    await sheet.filterBy(TEXT, only("丙"));
    assert.deepEqual(sheet.view, [3]);
    await sheet.filterBy(TEXT, null);
    assert.deepEqual(sheet.view, [2, 3]);
  });

  test("that were asked for in haste end as the last one", async () => {
    const workbook = new Workbook(rows());
    const sheet = new Sheet(workbook.reader);
    await sheet.load();
    /** @type {(() => void)[]} */
    const answers = [];
    const { find } = sheet.server;
    sheet.server.find = async (filters) => {
      await new Promise((resolve) => { answers.push(() => resolve(undefined)); });
      return find(filters);
    };
    const both = [sheet.filterBy(1, only("路")), sheet.filterBy(TEXT, { words: "", allowed: ["甲", "丙"] })];
    answers[1]?.();
    await settled();
    answers[0]?.();
    await Promise.all(both);
    assert.deepEqual(sheet.view, [3]);
  });

  test("that the server can't be asked for leave the one before", async () => {
    const workbook = new Workbook(rows());
    const { sheet } = await open(workbook);
    await sheet.filterBy(1, only("路"));
    sheet.server = { ...sheet.server, find: () => Promise.reject(new Error("服务器出错了，稍后再试。")) };
    await assert.rejects(sheet.filterBy(TEXT, only("丙")));
    assert.deepEqual(sheet.view, [2, 3]);
    sheet.server = workbook.reader;
    await sheet.filterBy(0, only("2"));
    assert.deepEqual([...(sheet.filter?.tests.keys() || [])], [1, 0]);
  });
});

describe("what a cell looks like", () => {
  test("a sentence of 校验 stands at the column that it names", async () => {
    const { sheet } = await open(new Workbook([["1", "新正接", "甲", "B列「街路」填的是「新正接」，没有。C列「问题描述」太短。整行有错。"]]));
    assert.deepEqual([...sheet.problemsOf(1)], [[1, "B列「街路」填的是「新正接」，没有。"], [2, "C列「问题描述」太短。整行有错。"]]);
    assert.deepEqual([...sheet.problemsOf(2)], []);
  });

  test("colours go by what a cell reads and how it begins", async () => {
    const { sheet } = await open(new Workbook(rows()));
    assert.deepEqual([1, 2, 3].map((position) => sheet.color(position, 1)), ["ff0000", "ff0000", ""]);
  });
});
