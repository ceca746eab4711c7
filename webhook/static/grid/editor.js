// The cell in hand: one text field that always has the keyboard, so that pinyin begins in it; unseen until something is typed.

import { element } from "./page.js";
import { letters, serial, shown } from "./text.js";

/** @import { Value } from "./server.js" */
/** @import { Target } from "./sheet.js" */
/** @import { View } from "./view.js" */

/** @typedef {Target & { column: number, was?: Value }} Edited the cell in hand, and what stood there when it was begun */

const MOST_OFFERED = 200; // choices

export class Editor {
  /** @type {Edited | null} */
  target = null;
  /** @type {string | null} the text that it was begun with; null: with what was typed */
  before = null;
  composing = false;
  touched = window.matchMedia("(pointer: coarse)").matches; // by a finger, not by a mouse
  #chosen = -1; // in the list of choices
  #box = { top: 0, left: 0, width: 0, height: 0 }; // of the cell, on the page

  /**
   * @param {HTMLElement} root
   * @param {View} view
   * @param {object} on
   * @param {(column: number) => string} on.refusal why a column can't be edited; empty where it can
   * @param {(words: string) => void} on.refuse
   * @param {(target: Edited, text: string) => void} on.commit
   * @param {() => void} on.ended
   */
  constructor(root, view, on) {
    this.view = view;
    this.on = on;
    this.field = element("textarea", "field", root);
    this.field.setAttribute("aria-label", "单元格");
    this.field.rows = 1;
    this.field.spellcheck = false;
    this.list = element("ul", "choices", root);
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "可选的值");
    this.list.hidden = true;
    this.picker = element("input", "picker", root);
    this.picker.tabIndex = -1;
    this.picker.setAttribute("aria-label", "选日期");
    this.field.addEventListener("compositionstart", () => this.#composes());
    this.field.addEventListener("compositionend", () => {
      this.composing = false;
      if (!this.target) return;
      this.grow();
      this.#offer(false);
    });
    this.field.addEventListener("input", () => this.#types());
    this.list.addEventListener("mousedown", (event) => event.preventDefault()); // the field stays in hand
    this.list.addEventListener("click", (event) => {
      const item = event.target instanceof Element ? event.target.closest("li") : null;
      if (item) this.#pick(item.textContent || "");
    });
    this.picker.addEventListener("change", () => this.#picked());
  }

  /** Takes everything away again; what is in hand is written. */
  close() {
    this.commit();
    for (const part of [this.field, this.list, this.picker]) part.remove();
  }

  get editing() {
    return Boolean(this.target);
  }

  /** Stands on the active cell, ready to type. */
  stand() {
    const { line, column } = this.view.selection;
    if (!this.target) {
      this.field.value = "";
      this.#place(line, column);
      this.field.setAttribute("aria-label", this.#label(line, column));
    }
    this.#showKeyboard(this.editing);
    if (document.activeElement !== this.field) this.field.focus({ preventScroll: true });
  }

  /**
   * On a phone the keyboard comes when a cell is written in, not when it is selected.
   * @param {boolean} wanted
   */
  #showKeyboard(wanted) {
    const mode = this.touched && !wanted ? "none" : "";
    if (this.field.inputMode === mode) return;
    this.field.inputMode = mode;
    if (document.activeElement !== this.field || this.composing) return;
    this.field.blur(); // phones look at the mode when a field is entered
    this.field.focus({ preventScroll: true });
  }

  /**
   * What a screen reader says of a cell.
   * @param {number} line
   * @param {number} column
   */
  #label(line, column) {
    const { sheet } = this.view;
    const position = sheet.position(line);
    if (position === undefined) return "没有符合筛选的行";
    const problem = sheet.problemsOf(position).get(column);
    const header = sheet.columns[column]?.header || "";
    return `${letters(column)}${position + 1} ${header}：${sheet.text(position, column)}${problem ? "。" + problem : ""}`;
  }

  /**
   * @param {number} line
   * @param {number} column
   */
  #place(line, column) {
    const box = this.view.rectangle(line, column);
    const root = this.view.root.getBoundingClientRect();
    this.field.style.transform = `translate(${box.left - root.left}px, ${box.top - root.top}px)`;
    this.field.style.minWidth = `${box.width}px`;
    this.field.style.width = `${box.width}px`;
    this.field.style.height = `${box.height}px`;
    this.#box = box;
  }

  /**
   * Begins with the cell's own text (`keep`), or with what is being typed.
   * @param {boolean} keep
   * @returns {boolean} whether the cell can be edited
   */
  begin(keep) {
    const { sheet, selection } = this.view;
    const { line, column } = selection;
    const position = sheet.position(line);
    const refusal = position === undefined ? "没有符合筛选的行，先看全部行再写。" : this.on.refusal(column);
    if (position === undefined || refusal) {
      this.field.value = "";
      this.on.refuse(refusal);
      return false;
    }
    const raw = sheet.raw(position, column);
    if (keep && raw === undefined) {
      this.on.refuse("这一行还没有读到，请稍等一下再改。");
      return false;
    }
    this.#showKeyboard(true);
    this.target = { ...sheet.target(position), column, ...(raw === undefined ? {} : { was: raw }) };
    if (keep) this.field.value = typeof raw === "number" ? shown(raw, sheet.columns[column]?.pattern) : String(raw);
    this.before = keep ? this.field.value : null;
    this.field.classList.add("open");
    this.#place(line, column);
    this.grow();
    this.#offer(keep);
    return true;
  }

  /**
   * Writes a text as if it were typed.
   * @param {string} text
   */
  type(text) {
    const { field } = this;
    if (!this.target && !this.begin(false)) return;
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    this.grow();
  }

  #composes() {
    this.composing = true;
    if (!this.target && !this.begin(false)) this.field.blur();
  }

  #types() {
    if (!this.target && !this.begin(false)) return;
    this.grow();
    if (!this.composing) this.#offer(false);
  }

  grow() {
    const { field } = this;
    field.style.height = `${this.#box.height}px`;
    field.style.width = `${this.#box.width}px`;
    const wide = Math.min(480, Math.max(this.#box.width, field.scrollWidth + 4));
    field.style.width = `${wide}px`;
    field.style.height = `${Math.min(200, Math.max(this.#box.height, field.scrollHeight))}px`;
  }

  /** The row that is edited moved, or is gone. */
  follow() {
    if (!this.target) return;
    const { sheet } = this.view;
    const position = sheet.where(this.target);
    const line = position < 0 ? -1 : sheet.line(position);
    if (line < 0) return;
    this.view.selection = { line, column: this.target.column, line2: line, column2: this.target.column };
    this.#place(line, this.target.column);
    this.grow();
  }

  commit() {
    const { target } = this;
    if (!target) return;
    const text = this.field.value;
    const changed = text !== this.before;
    this.cancel();
    if (changed) this.on.commit(target, text);
  }

  /** Ends without writing. */
  cancel() {
    this.target = null;
    this.field.value = "";
    this.field.classList.remove("open");
    this.list.hidden = true;
    this.on.ended();
  }

  // Choices and dates
  /** @returns {{ choices: string[], initials: string[] }} of the cell in hand */
  #choices() {
    return (this.target && this.view.sheet.columns[this.target.column]) || { choices: [], initials: [] };
  }

  /** @param {boolean} all also those in which what is typed does not occur */
  #offer(all) {
    const { choices, initials } = this.#choices();
    const typed = this.field.value.trim();
    const fits = all ? choices : fitting(choices, typed, initials);
    this.list.textContent = "";
    this.list.hidden = !fits.length || (fits.length === 1 && fits[0] === typed);
    this.#chosen = -1;
    for (const choice of fits.slice(0, MOST_OFFERED)) {
      const item = element("li", "", this.list);
      item.textContent = choice;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", String(!all && Boolean(typed) && item === this.list.firstElementChild));
    }
    const root = this.view.root.getBoundingClientRect();
    const { left, top, width, height } = this.#box;
    const below = top - root.top + height;
    const above = Math.max(0, top - root.top - Math.min(220, fits.length * 28 + 4));
    this.list.style.transform = `translate(${left - root.left}px, ${below + 220 > root.height ? above : below}px)`;
    this.list.style.minWidth = `${width}px`;
  }

  /**
   * Up and down in the list; false where there is none.
   * @param {number} step 1 or -1
   */
  move(step) {
    if (this.list.hidden) return false;
    const items = [...this.list.children];
    const start = this.#chosen < 0 && step < 0 ? 0 : this.#chosen;
    this.#chosen = (start + step + items.length) % items.length;
    for (const [place, item] of items.entries()) item.setAttribute("aria-selected", String(place === this.#chosen));
    const chosen = items[this.#chosen];
    if (chosen) {
      chosen.scrollIntoView({ block: "nearest" });
      this.field.value = chosen.textContent || "";
    }
    return true;
  }

  /** Half a word becomes the first choice in which it occurs. */
  complete() {
    const { choices, initials } = this.#choices();
    const typed = this.field.value.trim();
    if (!typed || this.field.value === this.before || choices.includes(typed)) return;
    this.field.value = fitting(choices, typed, initials)[0] ?? this.field.value;
  }

  /** @param {string} text */
  #pick(text) {
    this.field.value = text;
    this.commit();
    this.stand();
  }

  /** Opens the browser's own calendar for a date cell. */
  calendar() {
    const { line, column } = this.view.selection;
    const kind = this.view.sheet.columns[column]?.kind || "";
    if (!["date", "datetime"].includes(kind) || (!this.target && !this.begin(true))) return;
    this.picker.type = kind === "date" ? "date" : "datetime-local";
    this.#place(line, column);
    this.picker.style.transform = this.field.style.transform;
    this.picker.value = this.field.value.trim().replace(" ", "T");
    if (this.picker.showPicker) this.picker.showPicker();
  }

  #picked() {
    if (!this.target || !this.picker.value) return;
    const pattern = this.view.sheet.columns[this.target.column]?.pattern;
    this.field.value = shown(serial(this.picker.value), pattern || "yyyy-mm-dd hh:mm");
    this.field.focus();
  }
}

/**
 * The choices in which a text occurs, those that begin with it first; then those whose pinyin has it for its first letters.
 * @param {string[]} choices
 * @param {string} typed
 * @param {string[]} initials of the choices
 */
export function fitting(choices, typed, initials) {
  const begins = choices.filter((choice) => choice.startsWith(typed));
  const holds = choices.filter((choice) => choice.includes(typed));
  const latin = /^[a-z0-9]+$/i.test(typed) ? typed.toLowerCase() : "";
  const sounds = (/** @type {(text: string) => boolean} */ fits) => choices.filter((_, at) => fits(initials[at] || ""));
  const begin = latin ? sounds((text) => text.startsWith(latin)) : [];
  const hold = latin ? sounds((text) => text.includes(latin)) : [];
  return [...new Set([...begins, ...holds, ...begin, ...hold])];
}
