// What keys do in a tab: while a cell is edited, and while none is.

import { edge } from "./edges.js";
import { today } from "./periods.js";
import { MOST_FETCHED } from "./sheet.js";

/** @import { Grid } from "./grid.js" */

/** @type {Record<string, [down: number, across: number]>} */
const STEPS = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] };

export class Keys {
  /** @type {{ start: number, line: number, column: number } | null} the column where Tabs began, and where the last led */
  #tabs = null;
  #asking = false; // where Ctrl and an arrow lead: keys wait, since what they mean is not known yet

  /** @param {Grid} grid */
  constructor(grid) {
    this.grid = grid;
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (event.isComposing || event.keyCode === 229) return;
    const handled = this.#asking || this.grid.editor.editing ? this.#editKey(event) : this.#moveKey(event);
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
    if (event.ctrlKey || event.metaKey) return this.#now(event) || this.#turn(event);
    const back = event.shiftKey ? -1 : 1;
    if (event.key === "Enter") return this.#leave(() => this.#enter(back));
    if (event.key === "Tab") return this.#leave(() => this.#tab(back));
    const step = STEPS[event.key];
    if (!step) return false;
    if (step[0] && editor.move(step[0])) return true;
    const typing = editor.before === null && !editor.field.value.includes("\n");
    const { line, column } = this.grid.view.selection;
    return typing && this.#leave(() => this.grid.select(line + step[0], column + step[1]));
  }

  /**
   * Writes the cell in hand and goes on.
   * @param {() => void} go
   * @returns {true}
   */
  #leave(go) {
    this.grid.editor.complete();
    this.grid.editor.commit();
    go();
    return true;
  }

  /** @param {number} way 1 or -1 */
  #tab(way) {
    const { line, column } = this.grid.view.selection;
    const start = this.#ranTo(line, column) ?? column;
    this.grid.select(line, column + way);
    const { selection } = this.grid.view;
    this.#tabs = way > 0 ? { start, line: selection.line, column: selection.column } : null;
  }

  /**
   * Down, and after Tabs back to the column where they began.
   * @param {number} way 1 or -1
   */
  #enter(way) {
    const { line, column } = this.grid.view.selection;
    const start = way > 0 ? this.#ranTo(line, column) : undefined;
    this.#tabs = null;
    this.grid.select(line + way, start ?? column);
  }

  /**
   * The column where the Tabs began that led to a cell; undefined where none did.
   * @param {number} line
   * @param {number} column
   */
  #ranTo(line, column) {
    return this.#tabs?.line === line && this.#tabs.column === column ? this.#tabs.start : undefined;
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
      this.grid.commands.menu(box.left + box.width / 2, box.top + box.height);
      return true;
    }
    if (event.altKey && key === "ArrowDown") {
      this.grid.commands.choose();
      return true;
    }
    const { line, column } = shiftKey ? { line: selection.line2, column: selection.column2 } : selection;
    const page = this.grid.view.page();
    /** @type {Record<string, [down: number, across: number]>} */
    const steps = { ...STEPS, PageDown: [page, 0], PageUp: [-page, 0], Home: [0, -column], End: [0, this.grid.sheet.columns.length] };
    if (key === " " && shiftKey) return this.#whole("row");
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
      Enter: () => this.#enter(way),
      Tab: () => this.#tab(way),
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
    const step = STEPS[event.key];
    if (step) return this.#jump(line, column, step, event.shiftKey);
    if (this.#now(event) || this.#turn(event)) return true;
    /** @type {Record<string, [line: number, column: number]>} */
    const moves = { Home: [0, 0], End: [last, end] };
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const move = moves[key];
    if (move) {
      this.grid.select(...move, event.shiftKey);
      return true;
    }
    if (key === " ") return this.#whole("column");
    /** @type {Record<string, () => void>} */
    const acts = {
      z: () => void (event.shiftKey ? this.grid.edits.redo() : this.grid.edits.undo()),
      y: () => void this.grid.edits.redo(),
      d: () => this.grid.commands.fill(),
      r: () => this.grid.commands.fillRight(),
      p: () => this.grid.commands.run("print"),
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

  /**
   * Today or the hour into the cell, by Ctrl+; and Ctrl+Shift+;.
   * @param {KeyboardEvent} event
   * @returns {boolean} whether it did something
   */
  #now(event) {
    if (event.code !== "Semicolon") return false;
    this.grid.editor.type(event.shiftKey ? new Date().toTimeString().slice(0, 5) : today());
    return true;
  }

  /**
   * To the tab beside. (Some browsers keep Ctrl+PageUp for themselves; with Shift it comes here.)
   * @param {KeyboardEvent} event
   * @returns {boolean} whether it did something
   */
  #turn(event) {
    const step = { PageDown: 1, PageUp: -1 }[event.key];
    if (step) this.grid.commands.turn(step);
    return Boolean(step);
  }

  /**
   * @param {"row" | "column"} what of the selection becomes whole
   * @returns {true}
   */
  #whole(what) {
    const area = this.grid.view.area();
    if (what === "row") this.grid.show({ ...area, left: 0, right: this.grid.sheet.columns.length - 1 });
    else this.grid.show({ ...area, top: 0, bottom: this.grid.sheet.lines - 1 });
    return true;
  }

  /**
   * To the edge of a block.
   * @param {number} line
   * @param {number} column
   * @param {[down: number, across: number]} step
   * @param {boolean} extend
   * @returns {true}
   */
  #jump(line, column, [down, across], extend) {
    const { sheet } = this.grid;
    if (across) {
      const filled = (/** @type {number} */ place) => sheet.text(sheet.position(line) ?? -1, place) !== "";
      const to = edge(column, across, across > 0 ? sheet.columns.length - 1 : 0, filled);
      this.grid.select(line, to ?? column, extend);
      return true;
    }
    const last = down > 0 ? Math.max(line, sheet.used - 1) : 0;
    const to = edge(line, down, last, (place) => sheet.isFilled(place, column));
    if (to === undefined) void this.#ask(line, column, down, extend);
    else this.grid.select(to, column, extend);
    return true;
  }

  /**
   * To the edge of a block that reaches into rows that are not here: the server knows where it ends.
   * @param {number} line
   * @param {number} column
   * @param {number} down
   * @param {boolean} extend
   */
  async #ask(line, column, down, extend) {
    const { sheet } = this.grid;
    this.#asking = true;
    try {
      const filled = await sheet.server.filled(column);
      const last = down > 0 ? Math.max(line, sheet.used - 1) : 0;
      const to = edge(line, down, last, (place) => Boolean(filled[sheet.position(place) ?? 0]));
      this.grid.select(to ?? line, column, extend);
    } catch (error) {
      this.grid.tell(error instanceof Error ? error.message : String(error));
    } finally {
      this.#asking = false;
    }
  }
}
