// A workbook of one tab, as far as the grid's code knows the server: rows by id, edits by row, versions that grow by one.
// The real one is held to the same by tests/workbook and, together with a real browser, by tests/browser.

import { webcrypto } from "node:crypto";
import { Areas } from "../../webhook/static/grid/areas.js";
import { Edits } from "../../webhook/static/grid/edits.js";
import { Outgoing } from "../../webhook/static/grid/outgoing.js";
import { Refused } from "../../webhook/static/grid/server.js";
import { Sheet } from "../../webhook/static/grid/sheet.js";

/** @import { History } from "../../webhook/static/grid/steps.js" */
/** @import { CellMessage, CellResult, Change, Column, EditReply, Op, OpResult, Reader, RowMessage, SheetChange, Test, Value } from "../../webhook/static/grid/server.js" */

const SHEET = 1;

// Node 18 has no `crypto` among its globals, as every browser does.
if (!globalThis.crypto) Object.defineProperty(globalThis, "crypto", { value: webcrypto });

/**
 * @param {string} header
 * @param {Partial<Column>} [given]
 * @returns {Column}
 */
const column = (header, given = {}) =>
  ({ header, width: 100, note: "", pattern: "", dated: false, kind: "text", key: header, link: "", verdict: false, owned: false, ours: true, choices: [], initials: [], ...given });

export class Workbook {
  version = 1;
  columns = [column("编号", { owned: true }), column("街路"), column("问题描述"), column("校验", { owned: true, key: "check" })];
  /** @type {number[]} ids from the header on */
  order = [];
  /** @type {Map<number, Value[]>} */
  rows = new Map();
  /** @type {Map<string, EditReply>} */
  replies = new Map();
  /** @type {Change[]} from the first on */
  changes = [];
  /** @type {{ id: string, ops: Op[] }[]} what was posted */
  posted = [];
  /** @type {Map<string, number[]>} */
  #orders = new Map();
  #last = 0;

  /**
   * @param {Value[][]} rows under the header
   * @param {string[]} [headers] of columns of people, in place of the four
   */
  constructor(rows, headers) {
    if (headers) this.columns = headers.map((header) => column(header));
    for (const values of [this.columns.map((head) => head.header), ...rows]) this.order.push(this.#add(values));
  }

  /** @param {Value[]} values */
  #add(values) {
    this.#last += 1;
    this.rows.set(this.#last, values);
    return this.#last;
  }

  /** The values of all rows, from the top. */
  get values() {
    return this.order.slice(1).map((id) => this.rows.get(id) || []);
  }

  /** @returns {Reader} */
  get reader() {
    return {
      sheet: SHEET,
      open: async () => ({ version: this.version, title: "问题台账", note: "", size: 1000, columns: this.columns, layout: { widths: {}, hidden: [], wrap: false }, colors: [
        { column: "街路", color: "ff0000", when: ["新正街"], starts: "联", filled: false },
      ] }),
      order: async () => ({ version: this.version, ids: Uint32Array.from(this.order) }),
      rows: async (top, bottom) => ({ version: this.version, rows: this.order.slice(top, bottom).map((id) => this.#message(id)) }),
      values: async (at) => ({ values: this.values.map((values) => [String(values[at] ?? ""), 1]), more: false }),
      filled: async (at) => Uint8Array.from(this.order, (id) => Number((this.rows.get(id)?.[at] ?? "") !== "")),
      sums: async () => ({ count: 0, numbers: 0, sum: 0 }),
      photos: async () => ({ before: [], after: [] }),
      history: async () => [],
      search: async () => ({ cells: [], more: false }),
      find: async (filters) => ({ version: this.version, ids: this.order.slice(1).filter((id) => filters.every((test) => this.#passes(id, test))) }),
    };
  }

  /**
   * @param {number} id
   * @param {Test & { column: number }} test
   */
  #passes(id, test) {
    const values = (this.rows.get(id) || []).map(String);
    const texts = test.column < 0 ? values : [values[test.column] || ""];
    return texts.some((text) => text.includes(test.words) && (!test.allowed || test.allowed.includes(text)));
  }

  /**
   * @param {number} id
   * @returns {RowMessage}
   */
  #message(id) {
    return [id, [...(this.rows.get(id) || [])]];
  }

  /**
   * What the page posts.
   * @param {string} _address
   * @param {object} body
   * @returns {Promise<Response>}
   */
  post = async (_address, body) => {
    const { id, ops } = /** @type {{ id: string, ops: Op[] }} */ (body); // the only body that the list of edits posts
    this.posted.push(structuredClone({ id, ops }));
    return Response.json(this.edit(ops, id));
  };

  /**
   * Does ops as one step; the same id is done once.
   * @param {Op[]} ops
   * @param {string} [asked]
   * @returns {EditReply}
   */
  edit(ops, asked = `by somebody else ${this.version}`) {
    const known = this.replies.get(asked);
    if (known) return known;
    const before = [...this.order];
    /** @type {Set<number>} */
    const touched = new Set();
    const results = ops.map((op) => this.#apply(op, touched));
    this.version += 1;
    /** @type {SheetChange} */
    const part = {
      sheet: SHEET, size: 1000, shape: false, rows: [...touched].map((id) => this.#message(id)),
      splice: spliced(before, this.order),
    };
    const change = { version: this.version, by: "", asked, did: "", tabs: false, sheets: [part] };
    this.changes.push(change);
    const reply = { results, change };
    this.replies.set(asked, reply);
    return reply;
  }

  /**
   * @param {Op} op
   * @param {Set<number>} touched
   * @returns {OpResult}
   */
  #apply(op, touched) {
    if (op.op === "set") return this.#set(op.cells, touched);
    if (op.op === "insert") {
      const rows = Array.from({ length: op.count }, () => this.#add([]));
      this.order.splice((op.row ? this.order.indexOf(op.row) : op.at) + (op.after ? 1 : 0), 0, ...rows);
      for (const id of rows) touched.add(id);
      return { rows };
    }
    if (op.op === "back") {
      this.order = this.#orders.get(op.token) || this.order;
      return {};
    }
    const before = this.order.length;
    const token = `token ${this.version}`;
    this.#orders.set(token, [...this.order]);
    if (op.op === "delete") this.order = this.order.filter((id) => !id || !op.rows.includes(id) || (op.empty && this.#isFilled(id)));
    if (op.op === "sort") this.order = [...this.order.slice(0, 1), ...this.#sorted(op)];
    return { token, count: op.op === "delete" ? before - this.order.length : 0 };
  }

  /**
   * The rows under the header, sorted by a column, blanks last.
   * @param {Extract<Op, { op: "sort" }>} op
   */
  #sorted({ column: place, down }) {
    const text = (/** @type {number} */ id) => String(this.rows.get(id)?.[place] ?? "");
    const body = this.order.slice(1);
    const filled = body.filter((id) => text(id)).sort((a, b) => text(a).localeCompare(text(b)) * (down ? -1 : 1));
    return [...filled, ...body.filter((id) => !text(id))];
  }

  /**
   * Whether people have anything in a row.
   * @param {number} id
   */
  #isFilled(id) {
    return Boolean(this.rows.get(id)?.some((value, place) => value !== "" && !this.columns[place]?.owned));
  }

  /**
   * How far down cells of never written rows go: below the last row where one of these rows is somebody's by now.
   * @param {number[]} blanks positions
   */
  #down(blanks) {
    const taken = blanks.some((at) => this.order[at]);
    return taken ? this.order.reduce((last, id, at) => (id ? at + 1 : last), 0) - least(blanks) : 0;
  }

  /**
   * The row at a position, which comes into being when there was none.
   * @param {number} at
   */
  #rowAt(at) {
    while (this.order.length <= at) this.order.push(0);
    const id = this.order[at] || this.#add([]);
    this.order[at] = id;
    return id;
  }

  /**
   * Cells of never written rows keep together.
   * @param {CellMessage[]} cells
   * @param {Set<number>} touched
   * @returns {CellResult[]}
   */
  #set(cells, touched) {
    if (cells.some(({ to }) => to === "错")) throw new Refused("不能写「错」。");
    const down = this.#down(cells.filter(({ row }) => !row).map(({ at }) => at));
    const standing = new Set(this.order);
    return cells.map(({ row: known, at, column: place, to, was }) => {
      const row = known || this.#rowAt(at + down);
      const values = this.rows.get(row);
      if (!values || (known && !standing.has(known))) return { error: "这一行已经被别人删除，没有写入。", why: "gone" };
      const now = values[place] ?? "";
      if (was !== undefined && now !== was && now !== to) return { error: "这一格后来被别人改过，没有写入。", why: "changed", now };
      while (values.length < place) values.push("");
      values[place] = to;
      touched.add(row);
      return { row };
    });
  }
}

/** @param {number[]} numbers */
const least = (numbers) => numbers.reduce((a, b) => Math.min(a, b), Infinity);

/**
 * The one stretch in which two orders differ.
 * @param {number[]} old
 * @param {number[]} fresh
 * @returns {SheetChange["splice"]}
 */
function spliced(old, fresh) {
  if (old.join() === fresh.join()) return null;
  const most = Math.min(old.length, fresh.length);
  let head = 0, tail = 0;
  while (head < most && old[head] === fresh[head]) head++;
  while (tail < most - head && old[old.length - 1 - tail] === fresh[fresh.length - 1 - tail]) tail++;
  return [head, old.length - tail - head, fresh.slice(head, fresh.length - tail)];
}

/**
 * A page at the workbook: the tab, its edits, and what its person was told.
 * @param {Workbook} workbook
 * @param {(address: string, body: object) => Promise<Response>} [post] the line
 */
export async function open(workbook, post = workbook.post) {
  /** @type {{ words: string, act: () => void }[]} */
  const told = [];
  const outgoing = new Outgoing({ state: () => {}, change: (change) => sheet.change(change) }, post);
  /** @type {Sheet} */
  const sheet = new Sheet(workbook.reader, { version: (version) => outgoing.shown(version), unanswered: () => Boolean(outgoing.next) });
  await sheet.load();
  await sheet.whole(1, sheet.order.length - 1);
  /** @type {History} */
  const history = { done: [], undone: [] };
  const edits = new Edits(sheet, outgoing, history, (words, action) => told.push({ words, act: action ? action.act : () => {} }));
  return { sheet, outgoing, edits, areas: new Areas(edits), history, told };
}

/**
 * A cell to write, as the grid makes it: the column's value in the row that stands at a position.
 * @param {Sheet} sheet
 * @param {number} position
 * @param {number} at column
 * @param {Value} to
 * @returns {import("../../webhook/static/grid/sheet.js").Cell}
 */
export function cell(sheet, position, at, to) {
  return { ...sheet.target(position), column: at, to, was: sheet.raw(position, at) ?? "" };
}

/** Until everything that was promised so far has happened. */
export const settled = () => new Promise((resolve) => { setImmediate(resolve); });
