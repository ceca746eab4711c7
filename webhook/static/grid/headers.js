// What the mouse does at the headers: select, filter, widen, fit, and drag a column to another place.

import { element } from "./page.js";

/** @import { Grid } from "./grid.js" */

const FAR = 6; // pixels from which on a press is a drag
const WIDEST = 600; // pixels that a column is fitted to at most

export class Headers {
  /** @param {Grid} grid */
  constructor(grid) {
    this.grid = grid;
  }

  listen() {
    const { head, corner } = this.grid.view;
    for (const pane of [head, corner]) {
      pane.addEventListener("click", (event) => this.#click(event));
      pane.addEventListener("dblclick", (event) => this.#fit(event));
      pane.addEventListener("pointerdown", (event) => this.#press(event));
      pane.addEventListener("contextmenu", (event) => this.#menu(event));
    }
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const { target } = event;
    const column = columnOf(target);
    if (column === null) return;
    if (target instanceof Element && target.matches("button.filter")) {
      this.grid.commands.openFilter(column, target.getBoundingClientRect().left);
      return;
    }
    const { left } = this.grid.view.area();
    const from = event.shiftKey ? left : column;
    this.grid.show({ top: 0, bottom: this.grid.sheet.lines - 1, left: Math.min(from, column), right: Math.max(from, column) });
    this.grid.editor.stand();
  }

  /**
   * The menu, at the column.
   * @param {MouseEvent} event
   */
  #menu(event) {
    const column = columnOf(event.target);
    if (column === null) return;
    event.preventDefault();
    const { left, right } = this.grid.view.area();
    if (column < left || column > right) this.#click(event);
    this.grid.commands.menu(event.clientX, event.clientY);
  }

  /** @param {PointerEvent} event */
  #press(event) {
    const { target } = event;
    const column = columnOf(target);
    if (column === null || event.button !== 0 || !(target instanceof HTMLElement) || target.matches("button.filter")) return;
    if (target.matches(".edge")) this.#resize(event, column);
    else if (event.pointerType !== "touch") this.#drag(event, column);
  }

  /**
   * @param {PointerEvent} event
   * @param {number} at
   */
  #resize(event, at) {
    const column = this.grid.sheet.columns[at];
    if (!column) return;
    event.preventDefault();
    const start = { x: event.clientX, width: column.width };
    listenUntilUp((moved) => {
      column.width = Math.max(24, Math.min(1000, Math.round(start.width + moved.clientX - start.x)));
      this.grid.view.measure();
    }, () => {
      if (column.width !== start.width) this.grid.columns.widen(at, column.width);
    });
  }

  /**
   * @param {PointerEvent} event
   * @param {number} column
   */
  #drag(event, column) {
    const start = event.clientX;
    let to = column;
    /** @type {HTMLElement | null} */
    let mark = null;
    listenUntilUp((moved) => {
      if (!mark && Math.abs(moved.clientX - start) < FAR) return;
      mark = mark || element("div", "drop", this.grid.root);
      to = this.#place(moved.clientX);
      mark.style.transform = `translateX(${this.#x(to)}px)`;
    }, () => {
      mark?.remove();
      if (mark && to !== column && to !== column + 1) void this.grid.commands.moveColumn(column, to);
    });
  }

  /**
   * Before which column something is dropped.
   * @param {number} x on the page
   */
  #place(x) {
    const { view, sheet } = this.grid;
    const at = view.at(x, view.root.getBoundingClientRect().top + 30);
    if (!at || at.column < 0) return 0;
    const { left, width } = view.rectangle(0, at.column);
    return Math.min(sheet.columns.length, at.column + (x > left + width / 2 ? 1 : 0));
  }

  /**
   * Where a column begins, from the left of the grid.
   * @param {number} column
   */
  #x(column) {
    const { view, sheet } = this.grid;
    const { left, width } = view.rectangle(0, Math.min(column, sheet.columns.length - 1));
    return left - view.root.getBoundingClientRect().left + (column < sheet.columns.length ? 0 : width);
  }

  /**
   * As wide as what stands in it.
   * @param {MouseEvent} event
   */
  #fit(event) {
    const { target } = event;
    const column = columnOf(target);
    if (column === null || !(target instanceof Element) || !target.matches(".edge")) return;
    const { view, sheet } = this.grid;
    const { first, last } = view.sight();
    const measure = document.createElement("canvas").getContext("2d");
    if (!measure) return;
    measure.font = getComputedStyle(this.grid.root).font;
    const lines = Array.from({ length: last - first + 1 }, (_, n) => sheet.text(sheet.position(first + n) ?? -1, column));
    const texts = lines.flatMap((text) => text.split("\n"));
    const widths = texts.map((text) => measure.measureText(text).width + 14);
    const header = measure.measureText(sheet.columns[column]?.header || "").width + 56;
    this.grid.columns.widen(column, Math.round(Math.min(WIDEST, Math.max(24, header, ...widths))));
  }
}

/**
 * @param {EventTarget | null} target
 * @returns {number | null} the column of the header that was met
 */
function columnOf(target) {
  const title = target instanceof Element ? target.closest(".title") : null;
  return title instanceof HTMLElement ? Number(title.dataset.column) : null;
}

/**
 * @param {(event: PointerEvent) => void} move
 * @param {() => void} end
 */
function listenUntilUp(move, end) {
  window.addEventListener("pointermove", move);
  window.addEventListener("pointerup", () => {
    window.removeEventListener("pointermove", move);
    end();
  }, { once: true });
}
