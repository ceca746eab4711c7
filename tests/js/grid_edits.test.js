// What people do to a tab, and how they take back their own.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pastedArea } from "../../webhook/static/grid/areas.js";
import { testOf } from "../../webhook/static/grid/filter.js";
import { Workbook, cell, open, settled } from "./workbook.js";

const STREET = 1, TEXT = 2; // columns

const rows = () => [["1", "新正街", "甲"], ["2", "联胜路", "乙"], ["3", "解放路", "丙"]];

/**
 * An area of cells: of lines, counted from 0 under the header, and columns.
 * @param {number} top
 * @param {number} bottom
 * @param {number} left
 * @param {number} right
 */
const area = (top, bottom, left, right) => ({ top, bottom, left, right });

/** Until nothing is on its way. @param {import("../../webhook/static/grid/outgoing.js").Outgoing} outgoing */
async function saved(outgoing) {
  for (let turn = 0; turn < 100 && outgoing.edits.length; turn++) await settled();
  await settled();
}

describe("typing", () => {
  test("shows at once, lands on the row, and can be taken back and done again", async () => {
    const workbook = new Workbook(rows());
    const { sheet, edits } = await open(workbook);
    const typing = edits.set([cell(sheet, 1, TEXT, "改了")]);
    assert.equal(sheet.text(1, TEXT), "改了");
    assert.equal(sheet.value(1, TEXT), "甲", "not yet the server's");
    await typing;
    assert.equal(sheet.value(1, TEXT), "改了");
    assert.equal(sheet.mine.size, 0);
    await edits.undo();
    assert.equal(workbook.values[0]?.[TEXT], "甲");
    await edits.redo();
    assert.equal(workbook.values[0]?.[TEXT], "改了");
  });

  test("into a new row takes the row back with it, unless somebody else wrote there", async () => {
    const workbook = new Workbook(rows());
    const { sheet, edits } = await open(workbook);
    await edits.set([cell(sheet, 4, TEXT, "新的"), cell(sheet, 5, TEXT, "又一行")]);
    assert.equal(workbook.values.length, 5);
    await edits.undo();
    assert.equal(workbook.values.length, 3);
    await edits.redo();
    assert.deepEqual(workbook.values.slice(3).map((values) => values[TEXT]), ["新的", "又一行"]);
    sheet.change(workbook.edit([{ op: "set", cells: [{ row: sheet.id(5), at: 0, column: STREET, to: "别人的" }] }]).change);
    await edits.undo();
    assert.deepEqual(workbook.values.slice(3).map((values) => [values[STREET], values[TEXT]]), [["别人的", ""]]);
  });

  test("is taken back also when the answer is still on its way, and never something earlier instead", async () => {
    const workbook = new Workbook(rows());
    const { sheet, edits, told } = await open(workbook);
    await edits.set([cell(sheet, 1, TEXT, "先写的")]);
    await Promise.all([edits.set([cell(sheet, 2, TEXT, "刚写的")]), edits.undo()]);
    assert.deepEqual(workbook.values.map((values) => values[TEXT]), ["先写的", "乙", "丙"]);
    await Promise.all([edits.remove([3]), edits.undo(), edits.undo()]);
    assert.deepEqual(workbook.values.map((values) => values[TEXT]), ["甲", "乙", "丙"]);
    await Promise.all([edits.redo(), edits.redo(), edits.undo()]);
    assert.deepEqual(workbook.values.map((values) => values[TEXT]), ["先写的", "乙", "丙"]);
    assert.deepEqual(told.map(({ words }) => words), ["删除了 1 行。"]);
  });

  test("falls on its row after somebody sorted", async () => {
    const workbook = new Workbook(rows());
    const { sheet, edits } = await open(workbook);
    const typed = cell(sheet, 1, TEXT, "改了");
    sheet.change(workbook.edit([{ op: "sort", column: 0, down: true }]).change);
    await edits.set([typed]);
    assert.deepEqual(workbook.values.map((values) => values[TEXT]), ["丙", "乙", "改了"]);
  });

  test("over what somebody else wrote since is refused, told, and written when its author insists", async () => {
    const workbook = new Workbook(rows());
    const { sheet, edits, outgoing, told } = await open(workbook);
    const typed = cell(sheet, 1, TEXT, "我的");
    sheet.change(workbook.edit([{ op: "set", cells: [{ row: 2, at: 0, column: TEXT, to: "别人的" }] }]).change);
    await edits.set([typed]);
    assert.equal(workbook.values[0]?.[TEXT], "别人的");
    assert.equal(told[0]?.words, "这一格刚被别人改成「别人的」，您的「我的」没有写入。");
    told[0]?.act();
    await saved(outgoing);
    assert.equal(workbook.values[0]?.[TEXT], "我的");
  });

  test("twice into a cell before the first is answered writes both, the last last", async () => {
    const workbook = new Workbook(rows());
    const { sheet, edits, told } = await open(workbook);
    await Promise.all([edits.set([cell(sheet, 1, TEXT, "先写的")]), edits.set([cell(sheet, 1, TEXT, "改口")])]);
    assert.equal(workbook.values[0]?.[TEXT], "改口");
    assert.deepEqual(told, []);
    await edits.undo();
    assert.equal(workbook.values[0]?.[TEXT], "先写的");
    await edits.undo();
    assert.equal(workbook.values[0]?.[TEXT], "甲");
  });

  test("into an empty row, cell after cell before the first is answered, makes one row", async () => {
    const workbook = new Workbook(rows());
    const { sheet, edits } = await open(workbook);
    await Promise.all([edits.set([cell(sheet, 4, STREET, "人民路")]), edits.set([cell(sheet, 4, TEXT, "丁")])]);
    assert.deepEqual(workbook.values[3], ["", "人民路", "丁"]);
    assert.equal(workbook.values.length, 4);
    assert.equal(sheet.text(4, TEXT), "丁");
  });

  test("into a column of the service is refused before it is sent", async () => {
    const workbook = new Workbook(rows());
    const { sheet, edits, told } = await open(workbook);
    await edits.set([cell(sheet, 1, 0, "7")]);
    assert.match(told[0]?.words || "", /「编号」由系统填写/);
    assert.deepEqual(workbook.posted, []);
  });

  test("what the server refuses as a whole is told with what was typed", async () => {
    const workbook = new Workbook(rows());
    const { sheet, edits, told } = await open(workbook);
    await edits.set([cell(sheet, 1, TEXT, "错")]);
    assert.equal(told[0]?.words, "不能写「错」。您输入的是：错");
    assert.equal(sheet.text(1, TEXT), "甲");
  });

  test("on a row that somebody deleted is told with what was typed", async () => {
    const workbook = new Workbook(rows());
    const { sheet, edits, told } = await open(workbook);
    const typed = cell(sheet, 1, TEXT, "写到一半");
    sheet.change(workbook.edit([{ op: "delete", rows: [2] }]).change);
    await edits.set([typed]);
    assert.equal(told[0]?.words, "这一行已经被别人删除，没有写入。您输入的是：写到一半");
  });

  test("an edit whose answer was lost is done once", async () => {
    const workbook = new Workbook(rows());
    let lost = 0;
    const { sheet, edits, outgoing } = await open(workbook, async (address, body) => {
      const response = await workbook.post(address, body);
      lost += 1;
      if (lost === 1) throw new TypeError("Failed to fetch");
      return response;
    });
    const typing = edits.set([cell(sheet, 4, TEXT, "丁")]);
    await settled();
    assert.equal(outgoing.trouble, "offline");
    await typing;
    assert.equal(workbook.posted[0]?.id, workbook.posted[1]?.id);
    assert.equal(workbook.values.length, 4);
  });
});

describe("taking back", () => {
  test("leaves what somebody else wrote since, and says so", async () => {
    const workbook = new Workbook(rows());
    const { sheet, edits, told } = await open(workbook);
    await edits.set([cell(sheet, 1, TEXT, "我的一"), cell(sheet, 2, TEXT, "我的二")]);
    sheet.change(workbook.edit([{ op: "set", cells: [{ row: 3, at: 0, column: TEXT, to: "别人的" }] }]).change);
    await edits.undo();
    assert.deepEqual(workbook.values.map((values) => values[TEXT]), ["甲", "别人的", "丙"]);
    assert.match(told.pop()?.words || "", /1 格后来被别人改过/);
  });

  test("of what somebody else changed altogether leaves nothing to do again", async () => {
    const workbook = new Workbook(rows());
    const { sheet, edits, history } = await open(workbook);
    await edits.set([cell(sheet, 1, TEXT, "我的")]);
    sheet.change(workbook.edit([{ op: "set", cells: [{ row: 2, at: 0, column: TEXT, to: "别人的" }] }]).change);
    await edits.undo();
    assert.deepEqual(history, { done: [], undone: [] });
  });

  test("brings rows back that were deleted, and deletes them again", async () => {
    const workbook = new Workbook(rows());
    const { sheet, edits } = await open(workbook);
    await edits.remove([1, 3]);
    assert.deepEqual(sheet.order, [1, 3]);
    await edits.undo();
    assert.deepEqual(sheet.order, [1, 2, 3, 4]);
    await edits.redo();
    await edits.undo();
    assert.deepEqual(workbook.order, [1, 2, 3, 4]);
  });

  test("brings the order back that a sort changed", async () => {
    const workbook = new Workbook(rows());
    const { edits } = await open(workbook);
    await edits.sort(0, true);
    assert.deepEqual(workbook.order, [1, 4, 3, 2]);
    await edits.undo();
    assert.deepEqual(workbook.order, [1, 2, 3, 4]);
  });

  test("removes rows that were inserted, but not once something stands in them", async () => {
    const workbook = new Workbook(rows());
    const { sheet, edits, told } = await open(workbook);
    await edits.insert(2, false, 2);
    assert.equal(sheet.order.length, 6);
    await edits.undo();
    await edits.redo();
    assert.equal(workbook.order.length, 6);
    const added = sheet.order[2] || 0;
    sheet.change(workbook.edit([{ op: "set", cells: [{ row: added, at: 0, column: TEXT, to: "别人的" }] }]).change);
    await edits.undo();
    assert.equal(workbook.order.length, 6);
    assert.match(told.pop()?.words || "", /已经有内容/);
  });

  test("ends where nothing is left, and a new edit ends what could be done again", async () => {
    const workbook = new Workbook(rows());
    const { sheet, edits, history, told } = await open(workbook);
    await edits.set([cell(sheet, 1, TEXT, "一")]);
    await edits.undo();
    await edits.undo();
    assert.match(told.pop()?.words || "", /没有可以撤销的/);
    await edits.set([cell(sheet, 1, TEXT, "二")]);
    assert.equal(history.undone.length, 0);
    await edits.redo();
    assert.match(told.pop()?.words || "", /没有可以重做的/);
  });
});

describe("copying and pasting", () => {
  test("what was copied here is pasted as it is, not as it reads", async () => {
    const workbook = new Workbook([["1", 0.125, "甲"], ["2", "", "乙"]]);
    const street = workbook.columns[STREET];
    if (street) street.pattern = "0%";
    const { areas, outgoing } = await open(workbook);
    const copied = areas.copied(area(0, 0, STREET, STREET));
    assert.equal(copied?.text, "13%");
    areas.paste("13%", area(1, 1, STREET, STREET));
    await saved(outgoing);
    assert.equal(workbook.values[1]?.[STREET], 0.125);
  });

  test("a table lands at the selection, skips the service's columns and is cut at the last", async () => {
    const workbook = new Workbook(rows());
    const { areas, outgoing, told } = await open(workbook);
    const whole = areas.paste("a\tb\tc\td\te\nf\tg\th", area(1, 1, 0, 0));
    assert.deepEqual(whole, area(1, 2, 0, 3));
    await saved(outgoing);
    assert.deepEqual(workbook.values.map((values) => values.slice(0, 3)), [["1", "新正街", "甲"], ["2", "b", "c"], ["3", "g", "h"]]);
    assert.deepEqual(told.map((news) => news.words), ["「编号」「校验」由系统填写，粘贴时跳过了。粘贴的内容比剩下的列多，多出的列没有粘贴。"]);
  });

  test("under the last row it makes rows", async () => {
    const workbook = new Workbook(rows());
    const { areas, outgoing } = await open(workbook);
    areas.paste("人民路\t丁\n建设路\t戊", area(3, 3, STREET, STREET));
    await saved(outgoing);
    assert.deepEqual(workbook.values.slice(3), [["", "人民路", "丁"], ["", "建设路", "戊"]]);
  });

  test("more than the server takes at once is told and not sent", async () => {
    const workbook = new Workbook(rows());
    const { areas, outgoing, told } = await open(workbook);
    const table = (/** @type {number} */ lines) => Array.from({ length: lines }, () => "x").join("\n");
    areas.paste(table(150000), area(0, 0, TEXT, TEXT));
    assert.match(told[0]?.words || "", /一次最多改 50000 格/);
    areas.paste(table(50000), area(0, 0, TEXT, TEXT));
    await saved(outgoing);
    assert.equal(workbook.posted.length, 1);
    assert.equal(workbook.values.length, 50000);
  });

  for (const [title, selected, height, width, whole] of /** @type {const} */ ([
    ["a cell goes into all that is selected", [4, 3], 1, 1, [4, 3]],
    ["a table that fits is repeated", [4, 4], 2, 2, [4, 4]],
    ["one that does not is pasted once", [3, 3], 2, 2, [2, 2]],
    ["it is cut at the last column", [1, 1], 2, 9, [2, 5]],
  ])) {
    test(title, () => {
      const [lines, across] = selected;
      assert.deepEqual(pastedArea(area(1, lines, 0, across - 1), height, width, 5), area(1, whole[0], 0, whole[1] - 1));
    });
  }

  test("rows that are still on their way are not copied as empty", async () => {
    const workbook = new Workbook(rows());
    const { sheet, areas, told } = await open(workbook);
    sheet.rows.clear();
    assert.equal(areas.copied(area(0, 2, 0, 2)), null);
    assert.match(told[0]?.words || "", /请再复制一次/);
  });
});

describe("filling and clearing", () => {
  test("the first line goes into the others, as it stands when its turn comes", async () => {
    const workbook = new Workbook(rows());
    const { sheet, edits, areas, outgoing } = await open(workbook);
    void edits.set([cell(sheet, 1, TEXT, "改了")]);
    areas.fill(area(0, 2, STREET, TEXT));
    await saved(outgoing);
    assert.deepEqual(workbook.values.map((values) => values.slice(1, 3)), [["新正街", "改了"], ["新正街", "改了"], ["新正街", "改了"]]);
  });

  test("cells are emptied, the service's left", async () => {
    const workbook = new Workbook(rows());
    const { areas, outgoing, told } = await open(workbook);
    areas.clear(area(0, 0, 0, 3));
    await saved(outgoing);
    assert.deepEqual(workbook.values[0], ["1", "", ""]);
    areas.clear(area(0, 0, 0, 0));
    assert.match(told[0]?.words || "", /「编号」由系统填写/);
  });
});

describe("what the panel of a filter asks for", () => {
  const ticks = (/** @type {string} */ marks) => [...marks].map((mark, place) => ({ value: `值${place}`, checked: mark === "x" }));

  for (const [title, words, marks, test_] of /** @type {const} */ ([
    ["nothing", "", "xx", null],
    ["words", "街", "xx", { words: "街", allowed: null }],
    ["some values", "", "x-x", { words: "", allowed: ["值0", "值2"] }],
    ["no value", "", "--", { words: "", allowed: [] }],
    ["words and values", "街", "-x", { words: "街", allowed: ["值1"] }],
  ])) {
    test(title, () => assert.deepEqual(testOf(words, ticks(marks)), test_));
  }

  test("words, while the values are not here", () => {
    assert.deepEqual(testOf("街", null), { words: "街", allowed: null });
    assert.equal(testOf("", null), null);
  });
});
