// Texts as a spreadsheet writes them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { isDate, letters, parseTable, serial, shown, writeHtml, writeTable } from "../../webhook/static/grid/text.js";

describe("columns", () => {
  for (const [column, text] of /** @type {const} */ ([[0, "A"], [25, "Z"], [26, "AA"], [51, "AZ"], [52, "BA"], [701, "ZZ"], [702, "AAA"]])) {
    test(text, () => assert.equal(letters(column), text));
  }
});

describe("how a value reads", () => {
  // The server's workbook reads the same table: test_the_grid_shows_a_value_as_the_workbook_does.
  /** @type {[value: string | number | boolean, pattern: string, text: string][]} */
  const table = JSON.parse(readFileSync(new URL("data/shown.json", import.meta.url), "utf8"));
  for (const [value, pattern, text] of table) {
    test(`${JSON.stringify(value)} as ${pattern || "it is"}: ${text}`, () => assert.equal(shown(value, pattern), text));
  }

  test("nothing reads as nothing", () => {
    assert.equal(shown(undefined, "0.00"), "");
    assert.equal(shown("", "0.00"), "");
  });
});

describe("the serial number of a moment", () => {
  for (const [text, number] of /** @type {const} */ ([["1899-12-30", 0], ["1900-01-01", 2], ["2026-11-24", 46350], ["2026-11-24T12:00", 46350.5]])) {
    test(text, () => assert.equal(serial(text), number));
  }

  test("every minute of a day reads as what was picked", () => {
    for (let minute = 0; minute < 1440; minute++) {
      const clock = `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
      assert.equal(shown(serial(`2026-11-24T${clock}`), "yyyy-mm-dd hh:mm"), `2026-11-24 ${clock}`);
    }
  });
});

describe("tables from the clipboard", () => {
  for (const [title, text, rows] of /** @type {[string, string, string[][]][]} */ ([
    ["a single cell", "甲", [["甲"]]],
    ["nothing", "", [[""]]],
    ["cells and rows", "甲\t乙\n丙\t丁", [["甲", "乙"], ["丙", "丁"]]],
    ["the line end behind the last row", "甲\t乙\r\n", [["甲", "乙"]]],
    ["the line ends of old Macs", "甲\r乙\r", [["甲"], ["乙"]]],
    ["empty cells at both ends", "\t甲\t", [["", "甲", ""]]],
    ["an empty row between", "甲\n\n乙", [["甲"], [""], ["乙"]]],
    ["a break in quotes", '"门口\n第二行"\t乙', [["门口\n第二行", "乙"]]],
    ["a tab in quotes", '"一\t二"', [["一\t二"]]],
    ["quotes in quotes", '"他说""好"""', [['他说"好"']]],
    ["quotes that are not a cell's", '5"管\t"好"的', [['5"管', '"好"的']]],
    ["a quote that never closes", '"甲\t乙', [['"甲', "乙"]]],
    ["an empty quoted cell", '""\t乙', [["", "乙"]]],
  ])) {
    test(title, () => assert.deepEqual(parseTable(text), rows));
  }

  test("what is copied is what is pasted", () => {
    const rows = [["门口\n第二行", '"好"', "一\t二"], ["", '5"管', "=1+1"]];
    assert.deepEqual(parseTable(writeTable(rows)), rows);
  });

  test("a text is copied as it stands where it needs no quotes", () => {
    assert.equal(writeTable([["007", '他说"好"']]), '007\t他说"好"');
  });
});

describe("tables for other programs", () => {
  test("a text stays a text, marked-up or not", () => {
    const html = writeHtml([[{ value: "<b>007</b>\n&", text: "<b>007</b>\n&", pattern: "" }]]);
    assert.match(html, /<td sdnum="1033;0;@" style='mso-number-format:"\\@"'>&lt;b&gt;007&lt;\/b&gt;<br [^>]+>&amp;<\/td>/);
  });

  test("a number carries its value, a date its text alone", () => {
    assert.match(writeHtml([[{ value: 0.125, text: "12.5%", pattern: "0.0%" }]]), /<td sdval="0.125" sdnum="1033;" style='mso-number-format:"0.0%"'>12.5%</);
    assert.match(writeHtml([[{ value: 46350, text: "2026-11-24", pattern: "yyyy-mm-dd" }]]), /<td style='mso-number-format:"yyyy-mm-dd"'>2026-11-24</);
  });

  for (const [pattern, date] of /** @type {const} */ ([["yyyy-mm-dd", true], ["h:mm", true], ["0.00", false], ['0"h"', false], ["general", false], ['[Red]0.0', false]])) {
    test(`${pattern} ${date ? "is a date" : "is a number"}`, () => assert.equal(isDate(pattern), date));
  }
});
