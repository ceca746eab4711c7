// The panel that sorts rows by several columns.

import { actionButton, element } from "./page.js";
import { letters } from "./text.js";

/** @import { SortKey } from "./server.js" */
/** @import { Sheet } from "./sheet.js" */

const KEYS = 3;

export class SortPanel {
  /**
   * @param {HTMLElement} root
   * @param {Sheet} sheet
   * @param {object} on
   * @param {(keys: SortKey[]) => void} on.sort
   * @param {() => void} on.closed
   */
  constructor(root, sheet, on) {
    this.sheet = sheet;
    this.on = on;
    this.root = root;
    this.panel = element("div", "panel", root);
    this.panel.hidden = true;
    this.panel.setAttribute("role", "dialog");
    this.panel.setAttribute("aria-label", "按几列排序");
    this.panel.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") this.close();
    });
  }

  /** @param {number} column the first key */
  open(column) {
    const { panel } = this;
    panel.textContent = "";
    panel.style.transform = `translate(${Math.max(4, (this.root.clientWidth - 270) / 2)}px, 28px)`;
    panel.hidden = false;
    element("h2", "", panel).textContent = "按几列排序";
    const rows = Array.from({ length: KEYS }, (_, place) => this.#row(place, place ? -1 : column));
    element("p", "quiet", panel).textContent = "所有人看到的顺序都会变，可以撤销。";
    this.#button("排序", () => this.on.sort(rows.map(keyOf).filter(({ column: at }) => at >= 0)), "main");
    this.#button("不排了", () => {}, "");
    rows[0]?.column.focus();
  }

  /**
   * @param {number} place
   * @param {number} chosen
   */
  #row(place, chosen) {
    const label = element("label", "", this.panel);
    label.textContent = place ? "再按" : "先按";
    const column = element("select", "", label);
    column.setAttribute("aria-label", `第${place + 1}列`);
    option(column, "-1", "（不用）");
    for (const [at, head] of this.sheet.columns.entries()) option(column, String(at), `${letters(at)} ${head.header}`);
    column.value = String(chosen);
    const down = element("select", "", this.panel);
    down.setAttribute("aria-label", `第${place + 1}列的次序`);
    option(down, "", "升序");
    option(down, "down", "降序");
    return { column, down };
  }

  /**
   * @param {string} words
   * @param {() => void} act
   * @param {string} look
   */
  #button(words, act, look) {
    actionButton(words, look, this.panel, () => {
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
 * @param {HTMLSelectElement} list
 * @param {string} value
 * @param {string} words
 */
function option(list, value, words) {
  const item = element("option", "", list);
  item.value = value;
  item.textContent = words;
}

/**
 * @param {{ column: HTMLSelectElement, down: HTMLSelectElement }} row
 * @returns {SortKey}
 */
const keyOf = ({ column, down }) => ({ column: Number(column.value), down: Boolean(down.value) });
