// The panel 「这一格谁改过」: the changes of a cell, newest first, each with a way back.

import { actionButton, element } from "./page.js";
import { letters, shown } from "./text.js";

/** @import { CellChange } from "./server.js" */
/** @import { Cell, Sheet } from "./sheet.js" */

export class Trail {
  #opened = 0; // how often: what comes for an earlier cell is left

  /**
   * @param {HTMLElement} root
   * @param {Sheet} sheet
   * @param {object} on
   * @param {(cell: Cell) => void} on.restore
   * @param {(column: number) => string} on.refusal why a column can't be edited; empty where it can
   * @param {() => void} on.closed
   */
  constructor(root, sheet, on) {
    this.root = root;
    this.sheet = sheet;
    this.on = on;
    this.panel = element("div", "panel trail", root);
    this.panel.hidden = true;
    this.panel.tabIndex = -1;
    this.panel.setAttribute("role", "dialog");
    this.panel.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") this.close();
    });
  }

  /**
   * @param {number} line
   * @param {number} column
   */
  async open(line, column) {
    const opened = ++this.#opened;
    const { panel, sheet } = this;
    const position = sheet.position(line) ?? -1;
    const name = `${letters(column)}${position + 1}「${sheet.columns[column]?.header || letters(column)}」谁改过`;
    panel.textContent = "";
    panel.setAttribute("aria-label", name);
    element("h2", "", panel).textContent = name;
    const list = element("div", "", panel);
    list.textContent = "正在查…";
    this.#button("关闭", () => this.close(), "main");
    panel.style.transform = `translate(${Math.max(4, (this.root.clientWidth - 420) / 2)}px, 28px)`;
    panel.hidden = false;
    panel.focus();
    try {
      const row = sheet.id(position);
      const changes = row ? await sheet.server.history(row, column) : [];
      if (opened === this.#opened) this.#list(list, row, column, changes);
    } catch (error) {
      list.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  /**
   * @param {HTMLElement} list
   * @param {number} row id
   * @param {number} column
   * @param {CellChange[]} changes
   */
  #list(list, row, column, changes) {
    list.textContent = changes.length ? "" : "没有记录：这一格还没有改过。";
    for (const change of changes) {
      const entry = element("div", "entry", list);
      element("p", "quiet", entry).textContent = `${change.at} ${change.by || "不是在表格里改的（表单、导入或别的程序）"}`;
      element("p", "", entry).textContent = this.#words(change, column);
      if (this.on.refusal(column)) continue;
      actionButton(`恢复成${this.#quoted(change.before, column)}`, "", entry, () => this.#restore(row, column, change));
    }
  }

  /**
   * @param {CellChange} change
   * @param {number} column
   */
  #words(change, column) {
    const words = `${this.#quoted(change.before, column)} → ${this.#quoted(change.after, column)}`;
    return change.putBack ? `${words}，系统已还原` : words;
  }

  /**
   * @param {import("./server.js").Value} value
   * @param {number} column
   */
  #quoted(value, column) {
    const text = shown(value, this.sheet.columns[column]?.pattern);
    return text ? `「${text.length > 200 ? text.slice(0, 200) + "…" : text}」` : "（空）";
  }

  /**
   * @param {number} row
   * @param {number} column
   * @param {CellChange} change
   */
  #restore(row, column, change) {
    const at = this.sheet.order.indexOf(row);
    const was = at > 0 ? this.sheet.raw(at, column) : undefined;
    this.close();
    this.on.restore({ row, at: Math.max(0, at), column, to: change.before, ...(was === undefined ? {} : { was }) });
  }

  /**
   * @param {string} words
   * @param {() => void} act
   * @param {string} look
   */
  #button(words, act, look) {
    actionButton(words, look, this.panel, act);
  }

  close() {
    this.#opened += 1;
    this.panel.hidden = true;
    this.on.closed();
  }
}
