// google-spreadsheet, a client made for Google, against the embedded workbook: signed in by a service account's key, what it
// sends to Google is led to the server. tests/workbook/clients/test_clients.py runs it with WORKBOOK (address) and KEY (file).

import assert from "node:assert/strict";
import { createSign } from "node:crypto";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { GoogleSpreadsheet } from "google-spreadsheet";

const server = process.env["WORKBOOK"] ?? "";
const key = JSON.parse(readFileSync(process.env["KEY"] ?? "", "utf-8"));
const google = ["sheets.googleapis.com", "www.googleapis.com"];
const send = globalThis.fetch;

/** The same request, led to the server where it is meant for Google. @type {typeof fetch} */
const led = (input, options) => {
  const request = new Request(input, options);
  const url = new URL(request.url);
  return send(google.includes(url.host) ? new Request(server + url.pathname + url.search, request) : request);
};
globalThis.fetch = led;

/** @param {object} part */
const encoded = (part) => Buffer.from(JSON.stringify(part)).toString("base64url");

/** An access token of the server's token endpoint. @returns {Promise<string>} */
const signIn = async () => {
  const now = Math.floor(Date.now() / 1000);
  const scope = "https://www.googleapis.com/auth/spreadsheets https://www.googleapis.com/auth/drive";
  const claims = { iss: key.client_email, aud: key.token_uri, iat: now, exp: now + 3600, scope };
  const signed = `${encoded({ alg: "RS256", typ: "JWT", kid: key.private_key_id })}.${encoded(claims)}`;
  const assertion = `${signed}.${createSign("RSA-SHA256").update(signed).sign(key.private_key, "base64url")}`;
  const body = new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion });
  return (await (await send(key.token_uri, { method: "POST", body })).json()).access_token;
};

/** @type {GoogleSpreadsheet} */
let doc;

before(async () => {
  doc = await GoogleSpreadsheet.createNewSpreadsheetDocument({ token: await signIn() }, { title: "台账", locale: "zh_CN" });
});

test("a document is made, shown and renamed", async () => {
  const again = new GoogleSpreadsheet(doc.spreadsheetId, doc.auth);
  await again.loadInfo();
  assert.deepEqual([again.title, again.locale, again.sheetCount], ["台账", "zh_CN", 1]);
  await again.updateProperties({ title: "问题台账" });
  assert.equal(again.title, "问题台账");
});

test("rows are added, read, changed, deleted and cleared by their header", async () => {
  const sheet = await doc.addSheet({ title: "问题 a/b", headerValues: ["编号", "街路", "天数"] });
  await sheet.addRows([{ 编号: "甲", 街路: "新正街", 天数: 3 }, ["乙", "联胜路", "=1+1"], ["丙", "", ""]]);
  await sheet.addRow({ 编号: "丁", 天数: "50%" }, { raw: true, insert: true });
  const rows = await sheet.getRows();
  const shown = rows.map((row) => [row.get("编号"), row.get("街路") ?? "", row.get("天数") ?? "", row.rowNumber]);
  assert.deepEqual(shown, [["甲", "新正街", "3", 2], ["乙", "联胜路", "2", 3], ["丙", "", "", 4], ["丁", "", "50%", 5]]);
  rows[0]?.assign({ 街路: "中山路", 天数: 4 });
  await rows[0]?.save();
  await rows[1]?.delete();
  const left = await sheet.getRows({ limit: 2 });
  assert.deepEqual(left.map((row) => row.get("编号")), ["甲", "丙"]);
  assert.equal(left[0]?.get("街路"), "中山路");
  await sheet.clearRows();
  assert.equal((await sheet.getRows()).length, 0);
  await sheet.delete();
});

test("cells are loaded, written and formatted", async () => {
  const sheet = await doc.addSheet({ title: "格", gridProperties: { rowCount: 20, columnCount: 5 } });
  await sheet.loadCells("A1:C3");
  const [number, formula, text] = [sheet.getCellByA1("A1"), sheet.getCellByA1("B1"), sheet.getCell(2, 2)];
  number.value = 3.5;
  number.numberFormat = { type: "NUMBER", pattern: "0.00" };
  formula.formula = "=A1*2";
  text.value = "不是公式";
  text.note = "注";
  text.textFormat = { bold: true };
  await sheet.saveUpdatedCells();
  assert.deepEqual([number.formattedValue, formula.value, text.note, text.textFormat?.bold], ["3.50", 7, "注", true]);
  formula.formula = "=1/0";
  await sheet.saveUpdatedCells();
  assert.equal(formula.errorValue?.type, "DIVIDE_BY_ZERO");
  await sheet.clear("A1:B1");
  await sheet.loadCells();
  assert.deepEqual([sheet.getCellByA1("A1").value, sheet.getCell(2, 2).value], [null, "不是公式"]);
  await sheet.delete();
});

test("tabs are resized, renamed, coloured, copied, merged and deleted", async () => {
  const sheet = await doc.addSheet({ title: "页" });
  await sheet.resize({ rowCount: 50, columnCount: 8 });
  await sheet.updateProperties({ title: "页二", tabColorStyle: { rgbColor: { red: 1, green: 0, blue: 0 } } });
  assert.deepEqual([sheet.title, sheet.rowCount, sheet.columnCount], ["页二", 50, 8]);
  await sheet.mergeCells({ startRowIndex: 0, endRowIndex: 2, startColumnIndex: 0, endColumnIndex: 2 });
  await sheet.unmergeCells({ startRowIndex: 0, endRowIndex: 2, startColumnIndex: 0, endColumnIndex: 2 });
  await sheet.insertDimension("ROWS", { startIndex: 1, endIndex: 3 }, false);
  assert.equal(sheet.rowCount, 52);
  const copy = await sheet.duplicate({ title: "页三", index: 0 });
  assert.equal(doc.sheetsByIndex[0]?.sheetId, copy.sheetId);
  await copy.delete();
  await sheet.delete();
  assert.equal(doc.sheetsByTitle["页二"], undefined);
});

test("a request that Google does not know is refused in its words", async () => {
  // The client sends a named range without the message around it, which Google refuses too.
  const added = doc.addNamedRange("三", { sheetId: 0, startRowIndex: 0, endRowIndex: 3, startColumnIndex: 0, endColumnIndex: 1 });
  await assert.rejects(added, /Google API error - \[400\] Invalid JSON payload received. Unknown name "name" at 'requests\[0\]/);
  await assert.rejects(doc.deleteNamedRange("n3"), /Google API error - \[400\]/);
});

test("a document is shared, exported and deleted", async () => {
  await doc.share("alice@x.example", { role: "reader", emailMessage: false });
  await doc.setPublicAccessLevel("reader");
  const rights = await doc.listPermissions();
  assert.deepEqual(rights.map((right) => right.type).sort(), ["anyone", "user", "user"]);
  await doc.setPublicAccessLevel(false);
  assert.equal((await doc.listPermissions()).length, 2);
  await doc.delete();
  const gone = new GoogleSpreadsheet("x", doc.auth);
  await assert.rejects(gone.loadInfo(), /Google API error - \[404\] Requested entity was not found/);
});
