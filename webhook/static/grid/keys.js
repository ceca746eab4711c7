// What keys do in a tab: while a cell is edited, and while none is.

import { openMenu } from "./menus.js";
import { MOST_FETCHED } from "./sheet.js";

/** @import { Grid } from "./grid.js" */

/** @type {Record<string, [down: number, across: number]>} */
const STEPS = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] };

export class Keys {
  /** @param {Grid} grid */
  constructor(grid) {
    this.grid = grid;
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (event.isComposing || event.keyCode === 229) return;
    const handled = this.grid.editor.editing ? this.#editKey(event) : this.#moveKey(event);
    if (handled) event.preventDefault();
  }

  /**
   * A key while a cell is edited.
   * @param {KeyboardEvent} event
   * @returns {boolean} whether it did something
   */
  #editKey(event) {
    const { editor } = this.grid;
    if (event.key === "Escape") {
      editor.cancel();
      editor.stand();
      return true;
    }
    if (event.key === "Enter" && event.altKey) {
      editor.field.setRangeText("\n", editor.field.selectionStart, editor.field.selectionEnd, "end");
      editor.grow();
      return true;
    }
    const back = event.shiftKey ? -1 : 1;
    if (event.key === "Enter") return this.#leave(back, 0);
    if (event.key === "Tab") return this.#leave(0, back);
    const step = STEPS[event.key];
    if (!step) return false;
    if (step[0] && editor.move(step[0])) return true;
    const typing = editor.before === null && !editor.field.value.includes("\n");
    return typing && this.#leave(...step);
  }

  /**
   * Writes the cell in hand and goes on.
   * @param {number} down
   * @param {number} across
   * @returns {true}
   */
  #leave(down, across) {
    const { line, column } = this.grid.view.selection;
    this.grid.editor.complete();
    this.grid.editor.commit();
    this.grid.select(line + down, column + across);
    return true;
  }

  /**
   * A key while no cell is edited.
   * @param {KeyboardEvent} event
   * @returns {boolean} whether it did something
   */
  #moveKey(event) {
    const { key, shiftKey } = event;
    if (event.ctrlKey || event.metaKey) return this.#controlKey(event);
    const { selection } = this.grid.view;
    if (key === "ContextMenu" || (key === "F10" && shiftKey)) {
      const box = this.grid.view.rectangle(selection.line, selection.column);
      openMenu("menu", box.left + box.width / 2, box.top + box.height);
      return true;
    }
    if (event.altKey && key === "ArrowDown") {
      if (this.grid.sheet.columns[selection.column]?.choices.length) this.grid.editor.begin(true);
      else this.grid.editor.calendar();
      return true;
    }
    const { line, column } = shiftKey ? { line: selection.line2, column: selection.column2 } : selection;
    const page = this.grid.view.page();
    /** @type {Record<string, [down: number, across: number]>} */
    const steps = { ...STEPS, PageDown: [page, 0], PageUp: [-page, 0], Home: [0, -column], End: [0, this.grid.sheet.columns.length] };
    const step = steps[key];
    if (step) {
      this.grid.select(line + step[0], column + step[1], shiftKey);
      return true;
    }
    return this.#actKey(key, shiftKey ? -1 : 1);
  }

  /**
   * @param {string} key
   * @param {number} way 1 or -1
   * @returns {boolean} whether it did something
   */
  #actKey(key, way) {
    const { line, column } = this.grid.view.selection;
    /** @type {Record<string, () => void>} */
    const acts = {
      Enter: () => this.grid.select(line + way, column),
      Tab: () => this.grid.select(line, column + way),
      F2: () => this.grid.editor.begin(true),
      Delete: () => this.grid.areas.clear(this.grid.view.area()),
      Backspace: () => this.grid.areas.clear(this.grid.view.area()),
      Escape: () => this.grid.select(line, column),
    };
    const act = acts[key];
    if (act) act();
    return Boolean(act);
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean} whether it did something
   */
  #controlKey(event) {
    const { selection } = this.grid.view;
    const last = Math.max(0, this.grid.sheet.used - 1);
    const end = this.grid.sheet.columns.length - 1;
    const { line, column } = event.shiftKey ? { line: selection.line2, column: selection.column2 } : selection;
    /** @type {Record<string, [line: number, column: number]>} */
    const moves = { ArrowDown: [last, column], ArrowUp: [0, column], ArrowRight: [line, end], ArrowLeft: [line, 0], Home: [0, 0], End: [last, end] };
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const move = moves[key];
    if (move) {
      this.grid.select(...move, event.shiftKey);
      return true;
    }
    /** @type {Record<string, () => void>} */
    const acts = {
      z: () => void (event.shiftKey ? this.grid.edits.redo() : this.grid.edits.undo()),
      y: () => void this.grid.edits.redo(),
      d: () => this.grid.commands.fill(),
      f: () => this.grid.finder.open(false),
      h: () => this.grid.finder.open(true),
      a: () => {
        this.grid.show({ top: 0, bottom: last, left: 0, right: end });
        this.grid.fetch(0, Math.min(last, MOST_FETCHED - 1));
      },
    };
    const act = acts[key];
    if (act) act();
    return Boolean(act);
  }
}
