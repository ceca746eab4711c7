// What people do to an area of cells: empty it, fill it, copy it, paste into it.

import { following } from "./series.js";
import { numbersOf, parseTable, writeHtml, writeTable } from "./text.js";

/** @import { Edits } from "./edits.js" */
/** @import { Value } from "./server.js" */
/** @import { Cell } from "./sheet.js" */
/** @import { Copied } from "./text.js" */

const MOST_COPIED = 20000; // rows
const TEXTS = ["text", "choice", "mail"]; // kinds of columns that hold what is shown

/** @typedef {{ top: number, bottom: number, left: number, right: number }} Area in lines and columns, ends included */

export class Areas {
  /** @type {{ text: string, rows: Copied[][] } | null} what was copied here last, to paste values and not how they read */
  #copied = null;

  /** @param {Edits} edits */
  constructor(edits) {
    this.edits = edits;
    this.sheet = edits.sheet;
  }

  /**
   * The cells of an area, as far as there are rows.
   * @param {Area} area
   * @param {(line: number, column: number) => Value} to
   * @returns {Cell[]}
   */
  cells(area, to) {
    const cells = [];
    for (let line = area.top; line <= area.bottom; line++) {
      const at = this.sheet.position(line);
      if (at === undefined) continue;
      for (let column = area.left; column <= area.right; column++) {
        const was = this.sheet.raw(at, column);
        cells.push({ ...this.sheet.target(at), column, to: to(line, column), ...(was === undefined ? {} : { was }) });
      }
    }
    return cells;
  }

  /** @param {Area} area */
  clear(area) {
    const cells = this.cells(area, () => "").filter((cell) => cell.was !== "");
    const free = cells.filter((cell) => !this.edits.refusal(cell.column));
    if (cells[0] && !free.length) this.edits.tell(this.edits.refusal(cells[0].column));
    else void this.edits.set(free, { pasted: true });
  }

  /**
   * Writes the first line of the area into all its lines.
   * @param {Area} area
   */
  fill(area) {
    this.extend({ ...area, bottom: area.top }, area, true);
  }

  /**
   * Writes the first column of the area into all its columns.
   * @param {Area} area
   */
  fillRight(area) {
    this.extend({ ...area, right: area.left }, area, true);
  }

  /**
   * Goes on with what stands in an area, down or to the right.
   * @param {Area} area
   * @param {Area} whole the area with the cells to write, below it or at its right
   * @param {boolean} copy it comes again, also where it is a series
   */
  extend(area, whole, copy) {
    const down = whole.bottom > area.bottom;
    const fresh = down ? { ...whole, top: area.bottom + 1 } : { ...whole, left: area.right + 1 };
    /** @type {Map<number, number>} */
    const lines = new Map();
    const places = this.cells(fresh, (line, column) => (down ? line - fresh.top : column - fresh.left));
    for (let line = area.top; line <= whole.bottom; line++) lines.set(this.sheet.position(line) ?? -1, line);
    const cells = places.filter((cell) => !this.edits.refusal(cell.column));
    const from = this.#sources(area, down);
    const prepare = async () => {
      await this.#readArea(area);
      await this.#read(cells);
      const after = from(copy);
      for (const cell of cells) cell.to = after(down ? cell.column : (lines.get(cell.at) ?? 0), Number(cell.to));
    };
    void this.edits.set(cells, { pasted: true, prepare });
  }

  /**
   * What an area goes on with: for each of its columns (down) or lines. Its rows are known by their ids from now on.
   * @param {Area} area
   * @param {boolean} down
   * @returns {(copy: boolean) => (column: number, n: number) => Value} `column`: or line
   */
  #sources(area, down) {
    const targets = Array.from({ length: area.bottom - area.top + 1 }, (_, n) => this.sheet.target(this.sheet.position(area.top + n) ?? 0));
    const columns = Array.from({ length: area.right - area.left + 1 }, (_, n) => area.left + n);
    return (copy) => {
      const stands = targets.map((target) => columns.map((column) => this.edits.stands({ ...target, column })));
      const after = (/** @type {number} */ place) => {
        const values = down ? stands.map((row) => row[place - area.left] ?? "") : stands[place - area.top] || [""];
        const dated = Boolean(this.sheet.columns[down ? place : area.left]?.dated);
        return copy ? (/** @type {number} */ n) => values[n % values.length] ?? "" : following(values, dated);
      };
      /** @type {Map<number, (n: number) => Value>} */
      const known = new Map();
      return (place, n) => {
        const go = known.get(place) || after(place);
        known.set(place, go);
        return go(n);
      };
    };
  }

  /** @param {Area} area whose rows are to be here */
  async #readArea(area) {
    await this.sheet.whole(this.sheet.position(area.top) || 1, this.sheet.position(area.bottom) || 1);
  }

  /**
   * Has the rows of these cells here, and knows what their author is about to replace where he could not see it.
   * @param {Cell[]} cells
   */
  async #read(cells) {
    const places = cells.map((cell) => this.sheet.where(cell)).filter((at) => at > 0);
    if (places.length) await this.sheet.whole(least(places), most(places));
    for (const cell of cells) if (cell.was === undefined) cell.was = this.edits.stands(cell);
  }

  /**
   * What the clipboard is given: plain text and a table; null, and a sentence, where it can't be had.
   * @param {Area} area
   */
  copied(area) {
    if (area.bottom - area.top >= MOST_COPIED) {
      this.edits.tell(`一次最多复制 ${MOST_COPIED} 行；整个工作簿请用导出。`);
      return null;
    }
    const rows = [];
    for (let line = area.top; line <= area.bottom; line++) {
      const row = this.#copiedRow(this.sheet.position(line), area.left, area.right);
      if (!row) {
        this.edits.tell("有的行还没有读到，请再复制一次。");
        return null;
      }
      if (row.length) rows.push(row);
    }
    const text = writeTable(rows.map((row) => row.map((cell) => cell.text)));
    this.#copied = { text, rows };
    return { text, html: writeHtml(rows) };
  }

  /**
   * @param {number | undefined} at
   * @param {number} left
   * @param {number} right
   * @returns {Copied[] | null} null while the row is still on its way; empty where there is none
   */
  #copiedRow(at, left, right) {
    const row = [];
    for (let column = left; at !== undefined && column <= right; column++) {
      const value = this.sheet.value(at, column);
      if (value === undefined) return null;
      row.push({ value, text: this.sheet.text(at, column), pattern: this.sheet.columns[column]?.pattern || "" });
    }
    return row;
  }

  /**
   * Pastes a table at the selection; one that is smaller than the selection is repeated in it. A whole row leaves verdicts behind.
   * @param {string} text
   * @param {Area} area
   * @param {string} [html] the same as LibreOffice copies it: with the numbers behind what is shown
   * @returns {Area} where it is pasted
   */
  paste(text, area, html = "") {
    const own = this.#copied && this.#copied.text === text.replace(/\r\n?/g, "\n");
    /** @type {Value[][]} */
    const table = own && this.#copied ? this.#copied.rows.map((row) => row.map((cell) => cell.value)) : parseTable(text);
    const numbers = own ? [] : numbersOf(html, table);
    const width = most(table.map((row) => row.length));
    const room = this.sheet.columns.length - area.left;
    const whole = pastedArea(area, table.length, width, room);
    const verdicts = this.#isWholeRow(whole) ? this.#verdicts() : [];
    const cells = this.cells(whole, (line, column) => {
      const [down, across] = [(line - whole.top) % table.length, (column - whole.left) % width];
      const number = TEXTS.includes(this.sheet.columns[column]?.kind || "") ? undefined : numbers[down]?.[across];
      return number ?? table[down]?.[across] ?? "";
    });
    const free = cells.filter((cell) => !this.edits.refusal(cell.column) && !verdicts.includes(cell.column));
    void this.edits.set(free, { pasted: true, prepare: () => this.#read(free) });
    this.#tellSkipped(cells, verdicts, width > room);
    return whole;
  }

  /** @param {Area} area */
  #isWholeRow({ left, right }) {
    const staff = [...this.sheet.columns.keys()].filter((at) => this.sheet.columns[at]?.ours && !this.sheet.columns[at]?.owned);
    return left <= (staff[0] ?? 0) && right >= (staff[staff.length - 1] ?? Infinity);
  }

  #verdicts() {
    return [...this.sheet.columns.keys()].filter((at) => this.sheet.columns[at]?.verdict);
  }

  /**
   * @param {Cell[]} cells
   * @param {number[]} verdicts columns that were left behind
   * @param {boolean} cut whether there was more than there are columns
   */
  #tellSkipped(cells, verdicts, cut) {
    const names = (/** @type {number[]} */ columns) => [...new Set(columns)].map((at) => `「${this.sheet.columns[at]?.header}」`).join("");
    const skipped = names(cells.map((cell) => cell.column).filter((at) => this.edits.refusal(at)));
    const words = [];
    if (skipped) words.push(`${skipped}由系统填写，粘贴时跳过了。`);
    if (verdicts.length) words.push(`${names(verdicts)}只对原来那一行算数，整行粘贴时没有带过来；真要带，请单独复制这几列。`);
    if (cut) words.push("粘贴的内容比剩下的列多，多出的列没有粘贴。");
    if (words.length) this.edits.tell(words.join(""));
  }
}

/**
 * Where a table of that size lands: repeated as often as it fits into the selection, cut at the last column.
 * @param {Area} area
 * @param {number} height
 * @param {number} width
 * @param {number} room columns from the selection's left on
 * @returns {Area}
 */
export function pastedArea(area, height, width, room) {
  const over = (/** @type {number} */ selected, /** @type {number} */ size) => (selected % size === 0 ? selected : size);
  const lines = over(area.bottom - area.top + 1, height);
  const across = Math.min(over(area.right - area.left + 1, width), room);
  return { top: area.top, bottom: area.top + lines - 1, left: area.left, right: area.left + across - 1 };
}

// Not Math.min(...numbers): a large paste has more numbers than a call takes arguments.
/** @param {number[]} numbers */
const least = (numbers) => numbers.reduce((a, b) => Math.min(a, b), Infinity);

/** @param {number[]} numbers */
const most = (numbers) => numbers.reduce((a, b) => Math.max(a, b), -Infinity);
