// What is drawn: only the lines and columns in sight, in two panes (line numbers and the first column stay).

import { Lines, rowsOf } from "./lines.js";
import { drawLink, linkOf } from "./links.js";
import { element } from "./page.js";
import { letters } from "./text.js";

/** @import { Row, Sheet } from "./sheet.js" */
/** @import { Place } from "./server.js" */

const HEAD = 26; // pixels of the header, and of a line
const ROW = 21; // pixels of a row of a wrapped text
const PADDING = 11; // pixels of a cell's width that no text takes
const NARROW = 640; // pixels: what is not wider is a phone, on which little stays
const FROZEN = 1; // columns that stay
const MOST_DRAWN = 300; // characters of a cell
const ARROW = 30; // pixels at the right of a cell in which its arrow has room

/** @typedef {{ line: number, column: number, line2: number, column2: number }} Selection from the active cell to the other corner */

/** @typedef {{ cell: HTMLElement, look: string }} DrawnCell `look`: what it was drawn from */

/**
 * @typedef {object} DrawnLine
 * @property {number} line
 * @property {number} position -1: not yet drawn
 * @property {HTMLElement} row in the pane that scrolls
 * @property {HTMLElement} side in the pane that stays
 * @property {HTMLElement} number
 * @property {Map<number, DrawnCell>} cells by column
 */

export class View {
  /** @type {number[]} where each column begins, in pixels */
  left = [];
  width = 0; // of all columns
  lines = new Lines(HEAD);
  /** @type {WeakMap<Row, number>} pixels that the wrapped texts of a row need */
  #needs = new WeakMap();
  /** @type {Map<string, number>} pixels of each character */
  #characters = new Map();
  #pen = document.createElement("canvas").getContext("2d");
  frozen = 0; // of those that stay
  gutter = 0; // of the line numbers
  #most = Infinity; // pixels that a column that stays is drawn at most
  /** @type {Selection} */
  selection = { line: 0, column: 0, line2: 0, column2: 0 };
  readyAt = 0; // ms since the page was opened, when the first row was drawn
  /** @type {Place[]} where other people stand */
  #others = [];
  /** @type {Map<number, DrawnLine>} */
  #lines = new Map();
  #due = false;

  /**
   * @param {HTMLElement} root
   * @param {Sheet} sheet that was read
   */
  constructor(root, sheet) {
    this.root = root;
    this.sheet = sheet;
    this.scroller = element("div", "scroller", root);
    this.scroller.tabIndex = -1;
    this.space = element("div", "space", this.scroller);
    this.head = element("div", "head", root);
    this.strip = element("div", "strip", this.head);
    this.side = element("div", "side", root);
    this.corner = element("div", "corner", root);
    this.marks = element("div", "marks", this.space);
    this.sideMarks = element("div", "marks", this.side);
    this.handle = element("div", "handle", this.space);
    this.arrow = element("button", "arrow", this.space);
    this.arrow.type = "button";
    this.arrow.tabIndex = -1;
    this.arrow.textContent = "▾";
    this.arrow.setAttribute("aria-label", "选值");
    this.scroller.addEventListener("scroll", () => this.later());
    this.resizing = new ResizeObserver(() => this.#resized());
    this.resizing.observe(root);
    this.measure();
  }

  /** Takes everything away again. */
  close() {
    this.resizing.disconnect();
    for (const part of [this.scroller, this.head, this.side, this.corner]) part.remove();
  }

  /** Where columns begin; everything is drawn anew. A selection of columns that are gone moves to the last. */
  measure() {
    const { columns } = this.sheet;
    this.#limit();
    this.left = [];
    this.width = 0;
    for (const at of columns.keys()) {
      this.left.push(this.width);
      this.width += this.#widthOf(at);
    }
    this.frozen = this.left[FROZEN] ?? this.width;
    this.lines = new Lines(HEAD);
    this.#needs = new WeakMap();
    this.root.classList.toggle("wrapped", this.sheet.layout.wrap);
    const { column, column2 } = this.selection;
    const last = Math.max(0, columns.length - 1);
    this.selection = { ...this.selection, column: Math.min(column, last), column2: Math.min(column2, last) };
    this.root.style.setProperty("--gutter", `${this.gutter}px`);
    this.root.style.setProperty("--side", `${this.gutter + this.frozen}px`);
    this.#stretch();
    this.#clear();
    this.#drawHead();
    this.later();
  }

  /** On a phone what stays takes about a third of the width, so that the other cells can be read. */
  #limit() {
    const { clientWidth } = this.root;
    const narrow = clientWidth > 0 && clientWidth <= NARROW;
    this.gutter = narrow ? 36 : 52;
    this.#most = narrow ? Math.max(48, Math.round(clientWidth * 0.36) - this.gutter) : Infinity;
  }

  #resized() {
    const [gutter, most] = [this.gutter, this.#most];
    this.#limit();
    if (gutter !== this.gutter || most !== this.#most) this.measure();
    this.later();
  }

  /** As large as all cells: a cell can be scrolled to before anything is drawn. */
  #stretch() {
    this.space.style.width = `${this.width - this.frozen + ARROW}px`;
    this.space.style.height = `${this.lines.top(this.sheet.lines)}px`;
  }

  #clear() {
    for (const drawn of this.#lines.values()) this.#remove(drawn);
  }

  /** @param {DrawnLine} drawn */
  #remove(drawn) {
    drawn.row.remove();
    drawn.side.remove();
    this.#lines.delete(drawn.line);
  }

  later() {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      this.#draw();
    });
  }

  /**
   * Pixels; 0 for a hidden column.
   * @param {number} column
   */
  #widthOf(column) {
    const head = this.sheet.columns[column];
    if (!head || head.hidden) return 0;
    return column < FROZEN ? Math.min(head.width, this.#most) : head.width;
  }

  /**
   * Where a column begins, 0 for one that is not there.
   * @param {number} column
   */
  #leftOf(column) {
    return this.left[column] || 0;
  }

  /** Lines and columns in sight, ends included. */
  sight() {
    const { scrollTop, scrollLeft, clientHeight, clientWidth } = this.scroller;
    const first = Math.max(0, this.lines.at(scrollTop) - 2);
    const last = Math.min(this.sheet.lines - 1, this.lines.at(scrollTop + clientHeight) + 2);
    const end = this.left.length - 1;
    let from = FROZEN;
    while (from < end && this.#leftOf(from + 1) - this.frozen < scrollLeft) from++;
    let to = from;
    while (to < end && this.#leftOf(to) - this.frozen < scrollLeft + clientWidth) to++;
    return { first, last, from, to };
  }

  /** Lines in sight become as high as their texts need; the first of them stays where it is. */
  #fit() {
    const { lines, scroller, sheet } = this;
    const { scrollTop, clientHeight } = scroller;
    const first = lines.at(scrollTop);
    const into = scrollTop - lines.top(first);
    for (let line = Math.max(0, first - 2); line < sheet.lines; line++) {
      if (lines.top(line) > lines.top(first) + into + clientHeight + 2 * HEAD) break;
      lines.set(line, this.#needOf(line));
    }
    this.#stretch();
    const top = lines.top(first) + into;
    if (top !== scrollTop) scroller.scrollTop = top;
  }

  /**
   * Pixels that a line needs with wrapped texts; those of one row of text while it is not here.
   * @param {number} line
   */
  #needOf(line) {
    const position = this.sheet.position(line);
    const row = position === undefined ? undefined : this.sheet.row(position);
    if (position === undefined || !row) return HEAD;
    const known = this.#needs.get(row);
    if (known) return known;
    const rows = Math.max(1, ...this.sheet.columns.map((head, column) => {
      const text = head.hidden ? "" : this.sheet.text(position, column).slice(0, MOST_DRAWN);
      return !text || linkOf(head, text)?.kind === "photos" ? 1 : rowsOf(text, this.#widthOf(column) - PADDING, this.#characterOf);
    }));
    const need = rows > 1 ? rows * ROW + 4 : HEAD;
    this.#needs.set(row, need);
    return need;
  }

  #characterOf = (/** @type {string} */ char) => {
    let width = this.#characters.get(char);
    if (width === undefined) {
      if (this.#pen && !this.#characters.size) this.#pen.font = getComputedStyle(this.root).font;
      width = this.#pen ? this.#pen.measureText(char).width : 0;
      this.#characters.set(char, width);
    }
    return width;
  };

  #draw() {
    const { sheet } = this;
    if (sheet.layout.wrap) this.#fit();
    this.#stretch();
    const sight = this.sight();
    const { scrollTop, scrollLeft } = this.scroller; // read before anything is drawn: after it, the browser would lay all out first
    sheet.need(sight.first - 20, sight.last + 60);
    for (const drawn of this.#lines.values()) if (drawn.line < sight.first || drawn.line > sight.last) this.#remove(drawn);
    for (let line = sight.first; line <= sight.last; line++) this.#drawLine(line, sight.from, sight.to);
    this.strip.style.transform = `translateX(${-scrollLeft}px)`;
    for (const drawn of this.#lines.values()) this.#place(drawn, scrollTop);
    this.#drawSelection(scrollTop);
    if (!this.readyAt && sheet.row(1)) this.readyAt = performance.now();
  }

  /**
   * @param {number} line
   * @returns {DrawnLine}
   */
  #newLine(line) {
    const row = element("div", "line", this.space);
    const side = element("div", "line", this.side);
    const drawn = { line, position: -1, row, side, number: element("div", "number", side), cells: new Map() };
    this.#lines.set(line, drawn);
    return drawn;
  }

  /**
   * @param {DrawnLine} drawn
   * @param {number} scrollTop
   */
  #place({ line, row, side }, scrollTop) {
    const top = this.lines.top(line);
    const [at, height] = [`translateY(${top}px)`, `${this.lines.height(line)}px`];
    if (row.style.transform !== at) row.style.transform = at;
    if (row.style.height !== height) row.style.height = side.style.height = height;
    side.style.transform = `translateY(${top - scrollTop}px)`;
  }

  /**
   * @param {number} line
   * @param {number} from first column in sight of the pane that scrolls
   * @param {number} to
   */
  #drawLine(line, from, to) {
    const position = this.sheet.position(line);
    if (position === undefined) return;
    const drawn = this.#lines.get(line) || this.#newLine(line);
    if (drawn.position !== position) {
      drawn.number.textContent = String(position + 1);
      drawn.position = position;
    }
    for (const [column, { cell }] of drawn.cells)
      if (column >= FROZEN && (column < from || column > to)) {
        cell.remove();
        drawn.cells.delete(column);
      }
    const problems = this.sheet.problemsOf(position);
    for (let column = 0; column < FROZEN; column++) this.#drawCell(drawn, column, problems);
    for (let column = from; column <= to; column++) this.#drawCell(drawn, column, problems);
  }

  /**
   * @param {DrawnLine} drawn
   * @param {number} column
   * @param {Map<number, string>} problems by column
   */
  #drawCell(drawn, column, problems) {
    const { sheet } = this;
    const { position } = drawn;
    const head = sheet.columns[column];
    if (!head || head.hidden) return;
    const value = sheet.value(position, column);
    const text = sheet.text(position, column);
    const color = sheet.color(position, column);
    const problem = problems.get(column) || "";
    const looks = [
      "cell", head.owned && "owned", typeof value === "number" && "number-cell", value === undefined && "waits",
      problem && "wrong", sheet.mine.has(sheet.key(position, column)) && "typed",
    ].filter(Boolean).join(" ");
    const look = [text, color, problem, looks].join("\u0000");
    const known = drawn.cells.get(column);
    if (known && known.look === look) return;
    const cell = known ? known.cell : this.#newCell(drawn, column);
    drawn.cells.set(column, { cell, look });
    const link = linkOf(head, text);
    if (link) drawLink(cell, link, text.slice(0, MOST_DRAWN));
    else cell.textContent = text.length > MOST_DRAWN ? text.slice(0, MOST_DRAWN) : text;
    cell.className = looks;
    cell.style.backgroundColor = color ? `#${color}` : "";
    cell.title = problem;
  }

  /**
   * @param {DrawnLine} drawn
   * @param {number} column
   */
  #newCell(drawn, column) {
    const cell = element("div", "", column < FROZEN ? drawn.side : drawn.row);
    cell.style.left = `${this.#leftInPane(column)}px`;
    cell.style.width = `${this.#widthOf(column)}px`;
    return cell;
  }

  /**
   * Where a column begins in its own pane.
   * @param {number} column
   */
  #leftInPane(column) {
    return column < FROZEN ? this.gutter + this.#leftOf(column) : this.#leftOf(column) - this.frozen;
  }

  #drawHead() {
    this.strip.textContent = "";
    this.corner.textContent = "";
    for (const [at, column] of this.sheet.columns.entries()) {
      if (column.hidden) continue;
      const filtered = Boolean(this.sheet.filter?.tests.has(at));
      const cell = element("div", `cell title${column.owned ? " owned" : ""}`, at < FROZEN ? this.corner : this.strip);
      cell.style.left = `${this.#leftInPane(at)}px`;
      cell.style.width = `${this.#widthOf(at)}px`;
      cell.dataset.column = String(at);
      cell.title = [column.note, column.owned ? "由系统填写。" : ""].filter(Boolean).join("\n");
      const name = element("span", "name", cell);
      element("span", "letters", name).textContent = letters(at);
      name.append(column.header);
      const button = element("button", `filter${filtered ? " on" : ""}`, cell);
      button.type = "button";
      button.dataset.column = String(at);
      button.setAttribute("aria-label", `筛选和排序：${column.header || letters(at)}`);
      button.textContent = filtered ? "▼" : "▾";
      element("div", "edge", cell).dataset.column = String(at);
    }
  }

  // Selection
  /** The selection as an area. */
  area() {
    const { line, column, line2, column2 } = this.selection;
    return {
      top: Math.min(line, line2),
      bottom: Math.max(line, line2),
      left: Math.min(column, column2),
      right: Math.max(column, column2),
    };
  }

  /** @param {number} scrollTop */
  #drawSelection(scrollTop) {
    const { line, column } = this.selection;
    const { top, bottom, left, right } = this.area();
    this.marks.textContent = "";
    this.sideMarks.textContent = "";
    this.#mark("range", { top, bottom, left, right }, scrollTop);
    this.#mark("active", { top: line, bottom: line, left: column, right: column }, scrollTop);
    for (const place of this.#others) this.#markOther(place, scrollTop);
    this.#drawArrow(line, column);
    this.handle.hidden = right < FROZEN;
    this.handle.style.transform = `translate(${this.#end(right) - this.frozen - 5}px, ${this.lines.top(bottom + 1) - 5}px)`;
  }

  /**
   * The arrow that opens the choices, or the calendar, of the active cell: beside it, so that all of its text is read.
   * @param {number} line
   * @param {number} column
   */
  #drawArrow(line, column) {
    this.arrow.hidden = !this.#isChosen(column) || this.sheet.position(line) === undefined;
    this.arrow.style.transform = `translate(${this.#end(column) - this.frozen + 1}px, ${this.lines.top(line)}px)`;
  }

  /**
   * Whether a column's values are chosen from a list or a calendar.
   * @param {number} column
   */
  #isChosen(column) {
    const head = this.sheet.columns[column];
    return Boolean(head && !head.owned && column >= FROZEN && (head.choices.length || ["date", "datetime"].includes(head.kind)));
  }

  /** @param {Place[]} places where other people stand in this tab */
  meet(places) {
    if (JSON.stringify(places) === JSON.stringify(this.#others)) return;
    this.#others = places;
    this.later();
  }

  /**
   * @param {Place} place
   * @param {number} scrollTop
   */
  #markOther({ person, row, column }, scrollTop) {
    const position = row ? this.sheet.order.indexOf(row) : -1;
    const line = position > 0 ? this.sheet.line(position) : -1;
    if (line < 0 || column >= this.left.length) return;
    const marks = this.#mark("other", { top: line, bottom: line, left: column, right: column }, scrollTop);
    for (const mark of marks) element("span", "", mark).textContent = person;
  }

  /**
   * Where a column ends.
   * @param {number} column
   */
  #end(column) {
    return this.#leftOf(column) + this.#widthOf(column);
  }

  /**
   * @param {string} kind
   * @param {{ top: number, bottom: number, left: number, right: number }} area
   * @param {number} scrollTop
   * @returns {HTMLElement[]} what was drawn, in one pane or in both
   */
  #mark(kind, { top, bottom, left, right }, scrollTop) {
    /** @type {HTMLElement[]} */
    const drawn = [];
    const place = (/** @type {HTMLElement} */ mark, /** @type {number} */ x, /** @type {number} */ width, /** @type {number} */ y) => {
      mark.style.transform = `translate(${x}px, ${y}px)`;
      mark.style.width = `${width}px`;
      mark.style.height = `${this.lines.top(bottom + 1) - this.lines.top(top)}px`;
      drawn.push(mark);
    };
    if (left < FROZEN) {
      const width = this.#end(Math.min(right, FROZEN - 1)) - this.#leftOf(left);
      place(element("div", kind, this.sideMarks), this.#leftInPane(left), width, this.lines.top(top) - scrollTop);
    }
    if (right >= FROZEN) {
      const from = Math.max(left, FROZEN);
      place(element("div", kind, this.marks), this.#leftInPane(from), this.#end(right) - this.#leftOf(from), this.lines.top(top));
    }
    return drawn;
  }

  /**
   * The cell's rectangle on the page.
   * @param {number} line
   * @param {number} column
   */
  rectangle(line, column) {
    const box = this.root.getBoundingClientRect();
    const { scrollTop, scrollLeft } = this.scroller;
    const top = box.top + HEAD + this.lines.top(line) - scrollTop;
    const left = box.left + this.gutter + this.#leftOf(column) - (column < FROZEN ? 0 : scrollLeft);
    return { top, left, width: this.#widthOf(column), height: this.lines.height(line) };
  }

  /**
   * The line and column under a point of the page, column -1 over the line numbers; null outside.
   * @param {number} x
   * @param {number} y
   */
  at(x, y) {
    const box = this.root.getBoundingClientRect();
    const { scrollTop, scrollLeft } = this.scroller;
    const line = this.lines.at(y - box.top - HEAD + scrollTop);
    const within = x - box.left - this.gutter;
    const across = within < this.frozen ? within : within + scrollLeft;
    if (line < 0 || line >= this.sheet.lines || y - box.top < HEAD) return null;
    if (within < 0) return { line, column: -1 };
    let column = 0;
    while (column < this.left.length - 1 && this.#leftOf(column + 1) <= across) column++;
    return { line, column };
  }

  /**
   * Scrolls until a cell is in sight.
   * @param {number} line
   * @param {number} column
   */
  reveal(line, column) {
    const { scroller } = this;
    if (this.sheet.layout.wrap) this.lines.set(line, this.#needOf(line));
    const [top, bottom] = [this.lines.top(line), this.lines.top(line + 1)];
    const far = bottom > scroller.scrollTop + 2 * scroller.clientHeight; // what lies between is not measured yet
    if (top < scroller.scrollTop || (far && this.sheet.layout.wrap)) scroller.scrollTop = top;
    else if (bottom > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = bottom - scroller.clientHeight;
    if (column >= FROZEN) {
      const left = this.#leftOf(column) - this.frozen;
      const right = left + this.#widthOf(column) + (this.#isChosen(column) ? ARROW : 0);
      if (right > scroller.scrollLeft + scroller.clientWidth) scroller.scrollLeft = right - scroller.clientWidth;
      if (left < scroller.scrollLeft) scroller.scrollLeft = left;
    }
    this.later();
  }

  /** Lines that a page down moves. */
  page() {
    const { scrollTop, clientHeight } = this.scroller;
    return Math.max(1, this.lines.at(scrollTop + clientHeight) - this.lines.at(scrollTop) - 1);
  }
}
