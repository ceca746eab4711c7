// What is drawn: only the lines and columns in sight, in two panes (line numbers and the first column stay).

import { letters } from "./text.js";

export const HEIGHT = 26; // pixels a line
const GUTTER = 52;
const FROZEN = 1; // columns that stay

export class View {
  constructor(root, sheet) {
    this.root = root;
    this.sheet = sheet;
    this.lines = new Map(); // drawn lines
    this.scroller = element("div", "scroller", root);
    this.scroller.tabIndex = -1;
    this.space = element("div", "space", this.scroller);
    this.head = element("div", "head", root);
    this.side = element("div", "side", root);
    this.corner = element("div", "corner", root);
    this.marks = element("div", "marks", this.space);
    this.sideMarks = element("div", "marks", this.side);
    this.handle = element("div", "handle", this.space);
    this.scroller.addEventListener("scroll", () => this.later());
    new ResizeObserver(() => this.later()).observe(root);
    this.selection = { line: 0, column: 0, line2: 0, column2: 0 };
    this.readyAt = 0;
  }

  /** Where columns begin; everything is drawn anew. */
  measure() {
    const { columns } = this.sheet;
    this.left = [];
    let at = 0;
    for (const column of columns) {
      this.left.push(at);
      at += column.width;
    }
    this.width = at;
    this.frozen = columns.slice(0, FROZEN).reduce((sum, column) => sum + column.width, 0);
    this.root.style.setProperty("--side", `${GUTTER + this.frozen}px`);
    this.clear();
    this.drawHead();
    this.later();
  }

  clear() {
    for (const drawn of this.lines.values()) {
      drawn.row.remove();
      drawn.side.remove();
    }
    this.lines.clear();
  }

  later() {
    if (this.due) return;
    this.due = true;
    requestAnimationFrame(() => {
      this.due = false;
      this.draw();
    });
  }

  /** Lines and columns in sight. */
  sight() {
    const { scrollTop, scrollLeft, clientHeight, clientWidth } = this.scroller;
    const first = Math.max(0, Math.floor(scrollTop / HEIGHT) - 2);
    const last = Math.min(this.sheet.lines - 1, Math.ceil((scrollTop + clientHeight) / HEIGHT) + 2);
    let from = FROZEN;
    while (from < this.left.length - 1 && this.left[from + 1] - this.frozen < scrollLeft) from++;
    let to = from;
    while (to < this.left.length - 1 && this.left[to] - this.frozen < scrollLeft + clientWidth) to++;
    return { first, last, from, to };
  }

  draw() {
    if (!this.left) return;
    const { sheet } = this;
    this.space.style.width = `${this.width - this.frozen}px`;
    this.space.style.height = `${sheet.lines * HEIGHT}px`;
    const sight = this.sight();
    sheet.need(sight.first - 20, sight.last + 60);
    for (const [line, drawn] of this.lines)
      if (line < sight.first || line > sight.last) {
        drawn.row.remove();
        drawn.side.remove();
        this.lines.delete(line);
      }
    for (let line = sight.first; line <= sight.last; line++) this.drawLine(line, sight);
    const { scrollTop, scrollLeft } = this.scroller;
    this.head.firstChild.style.transform = `translateX(${-scrollLeft}px)`;
    for (const drawn of this.lines.values()) drawn.side.style.transform = `translateY(${drawn.line * HEIGHT - scrollTop}px)`;
    this.drawSelection();
    if (!this.readyAt && sheet.row(1)) this.readyAt = performance.now();
  }

  drawLine(line, { from, to }) {
    let drawn = this.lines.get(line);
    if (!drawn) {
      drawn = { line, cells: new Map() };
      drawn.row = element("div", "line", this.space);
      drawn.side = element("div", "line", this.side);
      drawn.row.style.transform = `translateY(${line * HEIGHT}px)`;
      drawn.number = element("div", "number", drawn.side);
      this.lines.set(line, drawn);
    }
    const position = this.sheet.position(line);
    if (drawn.position !== position) {
      drawn.number.textContent = position + 1;
      drawn.position = position;
    }
    for (const [column, cell] of drawn.cells)
      if (column >= FROZEN && (column < from || column > to)) {
        cell.remove();
        drawn.cells.delete(column);
      }
    const wrong = this.sheet.problemsOf(position);
    for (let column = 0; column < FROZEN; column++) this.drawCell(drawn, position, column, wrong);
    for (let column = from; column <= to; column++) this.drawCell(drawn, position, column, wrong);
  }

  drawCell(drawn, position, column, wrong) {
    let cell = drawn.cells.get(column);
    const of = this.sheet.columns[column];
    if (!of) return;
    if (!cell) {
      const side = column < FROZEN;
      cell = element("div", "", side ? drawn.side : drawn.row);
      cell.style.left = `${side ? GUTTER + this.left[column] : this.left[column] - this.frozen}px`;
      cell.style.width = `${of.width}px`;
      drawn.cells.set(column, cell);
    }
    const { sheet } = this;
    const text = sheet.text(position, column);
    const waits = sheet.value(position, column) === undefined;
    const color = sheet.color(position, column);
    const number = typeof sheet.value(position, column) === "number";
    const problem = wrong.get(column) || "";
    const typed = sheet.mine.has(sheet.key(position, column));
    const look = `${text}\u0000${color}\u0000${problem}\u0000${waits}${number}${typed}`;
    if (cell.look === look) return;
    cell.look = look;
    cell.textContent = text.length > 300 ? text.slice(0, 300) : text;
    cell.className = `cell${of.owned ? " owned" : ""}${number ? " number-cell" : ""}${waits ? " waits" : ""}${problem ? " wrong" : ""}${typed ? " typed" : ""}`;
    cell.style.backgroundColor = color ? `#${color}` : "";
    cell.title = problem;
  }

  drawHead() {
    this.head.textContent = "";
    this.corner.textContent = "";
    const strip = element("div", "strip", this.head);
    this.sheet.columns.forEach((column, at) => {
      const side = at < FROZEN;
      const cell = element("div", `cell title${column.owned ? " owned" : ""}`, side ? this.corner : strip);
      cell.style.left = `${side ? GUTTER + this.left[at] : this.left[at] - this.frozen}px`;
      cell.style.width = `${column.width}px`;
      cell.dataset.column = at;
      const name = element("span", "name", cell);
      name.textContent = column.header || letters(at);
      cell.title = [column.note, column.owned ? "由系统填写。" : ""].filter(Boolean).join("\n");
      const button = element("button", "filter", cell);
      button.type = "button";
      button.dataset.column = at;
      button.setAttribute("aria-label", `筛选和排序：${column.header || letters(at)}`);
      button.textContent = this.sheet.filter && this.sheet.filter.tests.has(at) ? "▼" : "▾";
      if (this.sheet.filter && this.sheet.filter.tests.has(at)) button.classList.add("on");
      element("div", "edge", cell).dataset.column = at;
    });
  }

  // Selection
  area() {
    const { line, column, line2, column2 } = this.selection;
    return {
      top: Math.min(line, line2),
      bottom: Math.max(line, line2),
      left: Math.min(column, column2),
      right: Math.max(column, column2),
    };
  }

  drawSelection() {
    const { line, column } = this.selection;
    const { top, bottom, left, right } = this.area();
    this.marks.textContent = "";
    this.sideMarks.textContent = "";
    this.mark("range", top, bottom, left, right);
    this.mark("active", line, line, column, column);
    const far = this.left[right] + this.sheet.columns[right].width - this.frozen;
    this.handle.hidden = right < FROZEN;
    this.handle.style.transform = `translate(${far - 5}px, ${(bottom + 1) * HEIGHT - 5}px)`;
  }

  mark(kind, top, bottom, left, right) {
    const { scrollTop } = this.scroller;
    const place = (mark, x, width, y) => {
      mark.style.transform = `translate(${x}px, ${y}px)`;
      mark.style.width = `${width}px`;
      mark.style.height = `${(bottom - top + 1) * HEIGHT}px`;
    };
    const edge = (at) => this.left[at] + this.sheet.columns[at].width;
    if (left < FROZEN) {
      const until = Math.min(right, FROZEN - 1);
      place(element("div", kind, this.sideMarks), GUTTER + this.left[left], edge(until) - this.left[left], top * HEIGHT - scrollTop);
    }
    if (right >= FROZEN) {
      const from = Math.max(left, FROZEN);
      place(element("div", kind, this.marks), this.left[from] - this.frozen, edge(right) - this.left[from], top * HEIGHT);
    }
  }

  /** The cell's rectangle on the page. */
  rectangle(line, column) {
    const box = this.root.getBoundingClientRect();
    const { scrollTop, scrollLeft } = this.scroller;
    const top = box.top + HEIGHT + line * HEIGHT - scrollTop;
    const side = column < FROZEN;
    const left = box.left + GUTTER + this.left[column] - (side ? 0 : scrollLeft);
    return { top, left, width: this.sheet.columns[column].width, height: HEIGHT };
  }

  /** The line and column under a point of the page; null outside. */
  at(x, y) {
    const box = this.root.getBoundingClientRect();
    const { scrollTop, scrollLeft } = this.scroller;
    const line = Math.floor((y - box.top - HEIGHT + scrollTop) / HEIGHT);
    const inside = x - box.left - GUTTER;
    const across = inside < this.frozen ? inside : inside + scrollLeft;
    if (line < 0 || line >= this.sheet.lines || y - box.top < HEIGHT) return null;
    if (inside < 0) return { line, column: -1 };
    let column = 0;
    while (column < this.left.length - 1 && this.left[column + 1] <= across) column++;
    return { line, column };
  }

  /** Scroll until a cell is in sight. */
  reveal(line, column) {
    const { scroller } = this;
    const top = line * HEIGHT;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    if (top + HEIGHT > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = top + HEIGHT - scroller.clientHeight;
    if (column >= FROZEN) {
      const left = this.left[column] - this.frozen;
      const right = left + this.sheet.columns[column].width;
      if (right > scroller.scrollLeft + scroller.clientWidth) scroller.scrollLeft = right - scroller.clientWidth;
      if (left < scroller.scrollLeft) scroller.scrollLeft = left;
    }
    this.later();
  }

  page() {
    return Math.max(1, Math.floor(this.scroller.clientHeight / HEIGHT) - 1);
  }
}

export function element(kind, name, parent) {
  const made = document.createElement(kind);
  if (name) made.className = name;
  parent.append(made);
  return made;
}
