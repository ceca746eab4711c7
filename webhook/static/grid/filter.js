// The panel under a header: sort, words to look for, values to tick.

import { element } from "./view.js";

/** @import { Test } from "./server.js" */
/** @import { Sheet } from "./sheet.js" */

export class FilterPanel {
  column = 0;
  /** @type {HTMLInputElement[] | null} a box for each value; null while they are not here */
  #ticks = null;
  #opened = 0; // how often: values that come for an earlier column are left

  /**
   * @param {HTMLElement} root
   * @param {Sheet} sheet
   * @param {object} on
   * @param {(column: number, down: boolean) => void} on.sort
   * @param {(column: number, test: Test | null) => void} on.filter
   * @param {() => void} on.closed
   */
  constructor(root, sheet, on) {
    this.sheet = sheet;
    this.on = on;
    this.root = root;
    this.panel = element("div", "panel", root);
    this.panel.hidden = true;
    this.panel.setAttribute("role", "dialog");
    this.panel.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") this.close();
    });
  }

  /**
   * @param {number} column
   * @param {number} x pixels from the left of the grid
   */
  async open(column, x) {
    const { panel, sheet } = this;
    const opened = ++this.#opened;
    const test = sheet.filter?.tests.get(column);
    this.column = column;
    this.#ticks = null;
    panel.textContent = "";
    panel.setAttribute("aria-label", `筛选和排序：${sheet.columns[column]?.header || ""}`);
    panel.style.transform = `translate(${Math.max(4, Math.min(x, this.root.clientWidth - 270))}px, 28px)`;
    panel.hidden = false;
    this.#button("升序（所有人看到的顺序都会变）", () => this.on.sort(column, false));
    this.#button("降序（所有人看到的顺序都会变）", () => this.on.sort(column, true));
    const label = element("label", "", panel);
    label.textContent = "含有";
    const words = element("input", "", label);
    words.value = test?.words || "";
    const apply = () => this.on.filter(column, testOf(words.value, this.#ticks));
    words.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault(); // closing gives the keyboard to the cell, which must not get this key
      this.close();
      apply();
    });
    const box = element("fieldset", "", panel);
    element("legend", "", box).textContent = "只看这些值（筛选只影响自己）";
    this.#button("筛选", apply, "main");
    this.#button("取消这一列的筛选", () => this.on.filter(column, null));
    words.focus();
    try {
      const { values, more } = await sheet.server.values(column);
      if (opened === this.#opened) this.#list(box, values, test ? test.allowed : null, more);
    } catch (error) {
      element("p", "", box).textContent = error instanceof Error ? error.message : String(error);
    }
  }

  /**
   * @param {HTMLElement} box
   * @param {[text: string, count: number][]} values
   * @param {string[] | null} allowed
   * @param {boolean} more
   */
  #list(box, values, allowed, more) {
    const every = tick(box, "（全选）", "", !allowed);
    const ticks = values.map(([text, count]) =>
      tick(box, `${text || "（空白）"}（${count}）`, text, !allowed || allowed.includes(text)));
    every.addEventListener("change", () => {
      for (const each of ticks) each.checked = every.checked;
    });
    if (more) element("p", "", box).textContent = "值太多，只列出一部分；请用“含有”。";
    this.#ticks = ticks;
  }

  /**
   * @param {string} words
   * @param {() => void} act
   * @param {string} [look]
   */
  #button(words, act, look = "") {
    const button = element("button", look, this.panel);
    button.type = "button";
    button.textContent = words;
    button.addEventListener("click", () => {
      this.close();
      act();
    });
  }

  close() {
    this.panel.hidden = true;
    this.on.closed();
  }
}

/**
 * What the panel asks for; null where every row passes.
 * @param {string} words
 * @param {{ value: string, checked: boolean }[] | null} ticks null: the values are not here, so none is left out
 * @returns {Test | null}
 */
export function testOf(words, ticks) {
  const allowed = !ticks || ticks.every((box) => box.checked) ? null : ticks.filter((box) => box.checked).map((box) => box.value);
  return words || allowed ? { words, allowed } : null;
}

/**
 * @param {HTMLElement} parent
 * @param {string} words
 * @param {string} value
 * @param {boolean} checked
 */
function tick(parent, words, value, checked) {
  const label = element("label", "tick", parent);
  const box = element("input", "", label);
  box.type = "checkbox";
  box.checked = checked;
  box.value = value;
  element("span", "", label).textContent = words;
  return box;
}
