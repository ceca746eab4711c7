// The panel under a header: sort, words to look for, values to tick.

import { actionButton, element } from "./page.js";
import { PERIODS, period, today, tree } from "./periods.js";
import { serial, shown } from "./text.js";

/** @import { Test } from "./server.js" */
/** @import { Sheet } from "./sheet.js" */

export class FilterPanel {
  column = 0;
  /** @type {HTMLInputElement[] | null} a box for each value; null while they are not here */
  #ticks = null;
  /** asks for what stands in the panel */
  #apply = () => {};
  #opened = 0; // how often: values that come for an earlier column are left

  /**
   * @param {HTMLElement} root
   * @param {Sheet} sheet
   * @param {object} on
   * @param {(column: number, down: boolean) => void} on.sort
   * @param {(column: number) => void} on.sortMore
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
    const head = sheet.columns[column];
    this.column = column;
    this.#ticks = null;
    panel.textContent = "";
    panel.setAttribute("aria-label", `筛选和排序：${head?.header || ""}`);
    panel.style.transform = `translate(${Math.max(4, Math.min(x, this.root.clientWidth - 290))}px, 28px)`;
    panel.hidden = false;
    this.#button("升序（所有人看到的顺序都会变）", () => this.on.sort(column, false));
    this.#button("降序（所有人看到的顺序都会变）", () => this.on.sort(column, true));
    this.#button("按几列排序…", () => this.on.sortMore(column));
    const words = this.#words(test);
    const days = head?.dated ? this.#days(test) : null;
    const apply = () => this.on.filter(column, testOf(words.value, this.#ticks, days?.from.value, days?.until.value));
    this.#apply = apply;
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

  /** @param {Test | undefined} test */
  #words(test) {
    const label = element("label", "", this.panel);
    label.textContent = "含有";
    const words = element("input", "", label);
    words.value = test?.words || "";
    words.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault(); // closing gives the keyboard to the cell, which must not get this key
      this.close();
      this.#apply();
    });
    return words;
  }

  /**
   * From which day to which, with words for the usual ones.
   * @param {Test | undefined} test
   */
  #days(test) {
    const row = element("div", "periods", this.panel);
    const from = day(this.panel, "从", test?.from);
    const until = day(this.panel, "到", test?.until === undefined ? undefined : test.until - 1);
    for (const name of PERIODS) {
      actionButton(name, "", row, () => {
        Object.assign(from, { value: period(name, today()).from });
        Object.assign(until, { value: period(name, today()).until });
        this.close();
        this.#apply();
      });
    }
    return { from, until };
  }

  /**
   * @param {HTMLElement} box
   * @param {[text: string, count: number][]} values
   * @param {string[] | null} allowed
   * @param {boolean} more
   */
  #list(box, values, allowed, more) {
    const every = tick(box, "（全选）", "", !allowed);
    const { years, others } = this.sheet.columns[this.column]?.dated ? tree(values) : { years: new Map(), others: values };
    const ticks = [...years].flatMap(([year, months]) => yearTicks(box, year, months, allowed));
    for (const [text, count] of others) ticks.push(tick(box, `${text || "（空白）"}（${count}）`, text, !allowed || allowed.includes(text)));
    every.addEventListener("change", () => {
      for (const each of box.querySelectorAll("input")) Object.assign(each, { checked: every.checked, indeterminate: false });
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
 * What the panel asks for; null where every row passes.
 * @param {string} words
 * @param {{ value: string, checked: boolean }[] | null} ticks null: the values are not here, so none is left out
 * @param {string} [from] the first day
 * @param {string} [until] the last day
 * @returns {Test | null}
 */
export function testOf(words, ticks, from, until) {
  const allowed = !ticks || ticks.every((box) => box.checked) ? null : ticks.filter((box) => box.checked).map((box) => box.value);
  if (!words && !allowed && !from && !until) return null;
  return { words, allowed, ...(from ? { from: serial(from) } : {}), ...(until ? { until: serial(until) + 1 } : {}) };
}

/**
 * @param {HTMLElement} parent
 * @param {string} words
 * @param {number | undefined} serialNumber
 */
function day(parent, words, serialNumber) {
  const label = element("label", "day", parent);
  label.textContent = words;
  const field = element("input", "", label);
  field.type = "date";
  if (serialNumber !== undefined) field.value = shown(serialNumber, "yyyy-mm-dd");
  return field;
}

/**
 * A year's ticks: its months and days fold out, and follow the tick above them.
 * @param {HTMLElement} box
 * @param {string} year
 * @param {Map<string, [text: string, count: number][]>} months
 * @param {string[] | null} allowed
 */
function yearTicks(box, year, months, allowed) {
  const of = fold(box, `${year}年`);
  const ticks = [...months].sort(([a], [b]) => b.localeCompare(a)).flatMap(([month, days]) => {
    const ofMonth = fold(of.box, `${Number(month)}月`);
    const all = days.map(([text, count]) =>
      tick(ofMonth.box, `${Number(text.slice(8))}日（${count}）`, text, !allowed || allowed.includes(text)));
    follow(ofMonth.tick, all);
    return all;
  });
  follow(of.tick, ticks);
  return ticks;
}

/**
 * @param {HTMLElement} parent
 * @param {string} words
 */
function fold(parent, words) {
  const box = element("details", "fold", parent);
  const line = element("summary", "", box);
  return { box, tick: tick(line, words, "", true) };
}

/**
 * A tick over others: it ticks them all, and says whether all, some or none are.
 * @param {HTMLInputElement} above
 * @param {HTMLInputElement[]} ticks
 */
function follow(above, ticks) {
  const say = () => {
    const count = ticks.filter((each) => each.checked).length;
    above.checked = count > 0;
    above.indeterminate = count > 0 && count < ticks.length;
  };
  above.addEventListener("change", () => {
    for (const each of ticks) each.checked = above.checked;
    above.closest("fieldset")?.dispatchEvent(new Event("change"));
  });
  above.closest("fieldset")?.addEventListener("change", say);
  say();
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
