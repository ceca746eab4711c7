// Finding: the next and the previous cell that holds some words, in place; replacing, after saying in how many cells.

import { byId } from "./page.js";

/** @import { Tell } from "./edits.js" */
/** @import { Grid } from "./grid.js" */
/** @import { Cell, Sheet } from "./sheet.js" */

/** @typedef {{ sheet: Sheet, key: string, cells: [row: number, column: number][], more: boolean }} Matches `key`: what was asked */

/** @typedef {{ position: number, column: number }} Match */

export class Finder {
  /** @type {Matches | null} of the last search */
  #matches = null;
  #asked = 0; // how often: what comes for an earlier search is left

  /**
   * @param {() => Grid | null} grid the tab that is shown
   * @param {Tell} tell
   */
  constructor(grid, tell) {
    this.grid = grid;
    this.tell = tell;
    this.words = byId("find", HTMLInputElement);
    this.replacement = byId("replacement", HTMLInputElement);
    this.count = byId("matches", HTMLElement);
    byId("search", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      void this.next(false);
    });
    this.words.addEventListener("input", () => (this.count.textContent = ""));
    for (const field of [this.words, this.replacement]) field.addEventListener("keydown", (event) => this.#press(event));
    /** @type {NodeListOf<HTMLElement>} */
    const buttons = document.querySelectorAll("[data-find]");
    for (const button of buttons) button.addEventListener("click", () => void this.#act(button.dataset.find || ""));
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.isComposing) return;
    if (event.key === "Escape") this.grid()?.editor.stand();
    if (event.key === "Enter" && (event.shiftKey || event.target === this.replacement)) {
      event.preventDefault();
      void this.#act(event.target === this.replacement ? "replace" : "previous");
    }
  }

  /** @param {string} name */
  #act(name) {
    /** @type {Record<string, () => unknown>} */
    const acts = {
      previous: () => this.next(true),
      filter: () => this.#filter(),
      replacing: () => this.open(Boolean(byId("replacing", HTMLElement).hidden)),
      replace: () => this.#replace(),
      replaceAll: () => this.#replaceAll(),
    };
    return acts[name]?.();
  }

  /** @param {boolean} replacing whether to replace, too */
  open(replacing) {
    byId("replacing", HTMLElement).hidden = !replacing;
    (replacing && this.words.value ? this.replacement : this.words).focus();
  }

  #filter() {
    const words = this.words.value;
    void this.grid()?.filter(-1, words ? { words, allowed: null } : null);
  }

  /**
   * Stands on the next match after the active cell, or before it; round the end to the other one.
   * @param {boolean} back
   */
  async next(back) {
    const grid = this.grid();
    const matches = await this.#search(grid, false);
    if (!grid || !matches) return;
    const places = placed(matches);
    const { line, column } = grid.view.selection;
    const at = following(places, { position: grid.sheet.position(line) ?? 0, column }, back);
    this.count.textContent = places.length ? `${at + 1} / ${places.length}${matches.more ? "+" : ""}` : "没有找到";
    const match = places[at];
    if (!match) return;
    const asking = document.activeElement;
    grid.select(grid.sheet.line(match.position), match.column);
    if (asking instanceof HTMLElement && asking.closest("#search")) asking.focus();
  }

  /**
   * The cells that hold the words; null where there are no words, or it can't be asked, which is told.
   * @param {Grid | null} grid
   * @param {boolean} texts only texts that people may replace
   */
  async #search(grid, texts) {
    const words = this.words.value;
    if (!grid || !words) return null;
    const { sheet } = grid;
    const key = JSON.stringify([words, texts, sheet.version, sheet.tests()]);
    if (this.#matches?.sheet === sheet && this.#matches.key === key) return this.#matches;
    const asked = ++this.#asked;
    try {
      const { cells, more } = await sheet.server.search(words, texts, sheet.tests());
      if (asked !== this.#asked) return null;
      this.#matches = { sheet, key, cells, more };
      return this.#matches;
    } catch (error) {
      this.tell(error instanceof Error ? error.message : String(error));
      return null;
    }
  }

  /** Replaces in the active cell where it is a match, then goes on. */
  async #replace() {
    const grid = this.grid();
    const matches = await this.#search(grid, true);
    if (!grid || !matches) return;
    const { line, column } = grid.view.selection;
    const here = placed(matches).filter((match) => match.column === column && match.position === grid.sheet.position(line));
    await grid.edits.set(this.#replaced(grid.sheet, here), { pasted: true });
    await this.next(false);
  }

  async #replaceAll() {
    const grid = this.grid();
    const matches = await this.#search(grid, true);
    if (!grid || !matches) return;
    const places = placed(matches);
    const count = `${matches.more ? "至少 " : ""}${places.length}`;
    if (!places.length) this.tell(`没有可以替换的：「${this.words.value}」不在能改的文字里。`);
    else if (matches.more) this.tell(`有 ${count} 格，一次换不完，请先筛选。`);
    else if (window.confirm(`有 ${count} 格，都把「${this.words.value}」换成「${this.replacement.value}」？可以撤销。`)) {
      for (const { position } of places) await grid.sheet.whole(position, position);
      const cells = this.#replaced(grid.sheet, places);
      await grid.edits.set(cells, { pasted: true });
      this.tell(`换了 ${cells.length} 格。`, { label: "撤销", act: () => void grid.edits.undo() });
    }
  }

  /**
   * @param {Sheet} sheet
   * @param {Match[]} places
   * @returns {Cell[]} those that still hold the words as a text, with what they become
   */
  #replaced(sheet, places) {
    const cells = [];
    for (const { position, column } of places) {
      const was = sheet.value(position, column);
      if (typeof was !== "string" || sheet.row(position)?.f[column]) continue;
      const to = replaced(was, this.words.value, this.replacement.value);
      if (to !== was) cells.push({ ...sheet.target(position), column, to, was });
    }
    return cells;
  }
}

/**
 * @param {Matches} matches
 * @returns {Match[]} in the order of the rows as they stand now
 */
function placed({ sheet, cells }) {
  const positions = new Map(sheet.order.map((id, at) => [id, at]));
  const places = cells.map(([row, column]) => ({ position: positions.get(row) ?? -1, column }));
  return places.filter(({ position }) => position > 0).sort((a, b) => a.position - b.position || a.column - b.column);
}

/**
 * Which of the places comes next after a cell, or before it; -1 where there is none.
 * @param {Match[]} places in order
 * @param {Match} from
 * @param {boolean} back
 */
export function following(places, from, back) {
  const after = (/** @type {Match} */ place) => place.position - from.position || place.column - from.column;
  const at = back ? places.filter((place) => after(place) < 0).length - 1 : places.findIndex((place) => after(place) > 0);
  if (at >= 0) return at;
  return back ? places.length - 1 : Math.min(0, places.length - 1);
}

/**
 * A text with some words replaced, whether they stand there in capitals or not.
 * @param {string} text
 * @param {string} words
 * @param {string} to
 */
export function replaced(text, words, to) {
  return text.replace(new RegExp(words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "gi"), () => to);
}
