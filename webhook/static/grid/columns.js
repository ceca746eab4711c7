// A person's own layout of a tab: widths, hidden columns, wrapped texts. The server keeps it.

import { byId } from "./page.js";
import { post } from "./server.js";

/** @import { Area } from "./areas.js" */
/** @import { Tell } from "./edits.js" */
/** @import { Sheet } from "./sheet.js" */
/** @import { View } from "./view.js" */

export class Columns {
  /**
   * @param {Sheet} sheet
   * @param {View} view
   * @param {Tell} tell
   */
  constructor(sheet, view, tell) {
    this.sheet = sheet;
    this.view = view;
    this.tell = tell;
  }

  /**
   * @param {number} column
   * @param {number} width pixels
   */
  widen(column, width) {
    const head = this.sheet.columns[column];
    if (!head) return;
    this.sheet.layout.widths[head.header] = width;
    this.#keep();
  }

  /** @param {Area} area whose columns are hidden */
  hide({ left, right }) {
    const { columns, layout } = this.sheet;
    const names = columns.slice(left, right + 1).map((column) => column.header);
    if (columns.every((column) => column.hidden || names.includes(column.header))) {
      this.tell("总要留一列。");
      return;
    }
    layout.hidden = [...new Set([...layout.hidden, ...names])];
    this.#keep();
  }

  /** Shows all columns again. */
  unhide() {
    this.sheet.layout.hidden = [];
    this.#keep();
  }

  /** Wraps texts, or no longer. */
  wrap() {
    this.sheet.layout.wrap = !this.sheet.layout.wrap;
    this.#keep();
  }

  #keep() {
    this.sheet.lay();
    this.show();
    post(`/grid/layout/${this.sheet.server.sheet}`, this.sheet.layout)
      .catch((error) => this.tell(`列宽和隐藏没有记住：${error instanceof Error ? error.message : error}`));
  }

  /** Draws it, and says how many columns are hidden. */
  show() {
    const count = this.sheet.columns.filter((column) => column.hidden).length;
    const button = byId("unhide", HTMLButtonElement);
    button.hidden = !count;
    button.textContent = `显示隐藏的 ${count} 列`;
    this.view.measure();
  }
}
