// One tab, open: keys and mouse. It is made once the tab was read, so nothing is pressed or typed before.

import { Editor } from "./editor.js";
import { Edits } from "./edits.js";
import { FilterPanel } from "./filter.js";
import { byId } from "./page.js";
import { letters } from "./text.js";
import { View } from "./view.js";

/** @import { Area, History, Tell } from "./edits.js" */
/** @import { Outgoing } from "./outgoing.js" */
/** @import { Change, Test, Value } from "./server.js" */
/** @import { Moved, Sheet, Target } from "./sheet.js" */

const MOST_INSERTED = 1000; // rows at once
const MOST_FETCHED = 20000; // rows that are fetched because they are selected

/** @typedef {{ line: number, column: number }} Place */

/**
 * The row on which the cursor stands.
 * @typedef {object} Stood
 * @property {number} line
 * @property {boolean} below under all rows that were there when the cursor came
 * @property {Target} target
 */

export class Grid {
  /** @type {Stood | null} */
  #stood = null;
  #shape = ""; // what the header was drawn from

  /**
   * @param {HTMLElement} root
   * @param {Sheet} sheet that was read
   * @param {Outgoing} outgoing
   * @param {History} history
   * @param {Tell} tell
   */
  constructor(root, sheet, outgoing, history, tell) {
    this.root = root;
    this.sheet = sheet;
    this.outgoing = outgoing;
    this.tell = tell;
    this.edits = new Edits(sheet, outgoing, history, tell);
    this.view = new View(root, sheet);
    this.editor = new Editor(root, this.view, {
      refusal: (column) => this.edits.refusal(column),
      refuse: (words) => tell(words),
      commit: (target, text) => void this.#write(target, target.column, text),
      ended: () => this.view.later(),
    });
    this.filterPanel = new FilterPanel(root, sheet, {
      sort: (column, down) => void this.edits.sort(column, down),
      filter: (column, test) => void this.filter(column, test),
      closed: () => this.editor.stand(),
    });
    sheet.on.change = (all) => {
      if (all) this.#redraw();
      this.view.later();
      this.#bar();
    };
    sheet.on.move = (moved) => this.#follow(moved);
    this.#listen();
    this.#redraw();
    this.#home();
  }

  /** Takes everything away again; what is in hand is written. */
  close() {
    this.editor.close();
    this.view.close();
    this.filterPanel.panel.remove();
    this.sheet.on.change = () => {};
    this.sheet.on.move = () => {};
  }

  /** How many edits are on their way. */
  waiting() {
    return this.outgoing.edits.length;
  }

  /**
   * @param {Target & { was?: Value }} target
   * @param {number} column
   * @param {string} text
   */
  async #write(target, column, text) {
    this.#stood = { line: this.view.selection.line, below: false, target };
    await this.edits.set([{ ...target, column, to: text }]);
    if (this.#stood && this.#stood.target === target) this.#follow((position) => position);
  }

  #redraw() {
    const filtered = this.sheet.filter ? [...this.sheet.filter.tests.keys()] : [];
    const shape = JSON.stringify([this.sheet.columns, filtered]);
    if (shape !== this.#shape) {
      this.#shape = shape;
      this.view.measure();
    }
    byId("unfilter", HTMLButtonElement).hidden = !this.sheet.filter;
    this.view.later();
    this.editor.follow();
    this.#bar();
  }

  #home() {
    this.select(0, Math.max(0, this.sheet.columns.findIndex((column) => !column.owned)));
  }

  /**
   * @param {number} column -1: any
   * @param {Test | null} test
   */
  async filter(column, test) {
    try {
      await this.sheet.filterBy(column, test);
      this.#home();
    } catch (error) {
      this.tell(error instanceof Error ? error.message : String(error));
    }
  }

  // Where the cursor stands
  /**
   * @param {number} line
   * @param {number} column
   * @param {boolean} [extend] from where the cursor stands to there
   */
  select(line, column, extend = false) {
    const at = Math.max(0, Math.min(line, this.sheet.lines - 1));
    const across = Math.max(0, Math.min(column, this.sheet.columns.length - 1));
    const before = this.view.selection;
    this.#stand(extend ? before.line : at);
    this.view.selection = extend
      ? { line: before.line, column: before.column, line2: at, column2: across }
      : { line: at, column: across, line2: at, column2: across };
    this.view.reveal(at, across);
    this.editor.stand();
    this.#bar();
    const { top, bottom } = this.view.area();
    if (bottom > top) this.#fetch(top, bottom);
  }

  /**
   * Has the rows of a selection here before they are copied; those that can't be had are told when they are copied.
   * @param {number} top line
   * @param {number} bottom line
   */
  #fetch(top, bottom) {
    if (bottom - top < MOST_FETCHED)
      this.sheet.whole(this.sheet.position(top) || 1, this.sheet.position(bottom) || 1).catch(() => {});
  }

  /**
   * Remembers the row on which the cursor stands: it is followed when rows move. One that was empty stays an empty one, also
   * when somebody else writes in its place.
   * @param {number} line
   */
  #stand(line) {
    const seed = this.#stood && this.#stood.target.seed;
    if (seed && !seed.used && this.sheet.seeds.get(seed.at) === seed) this.sheet.seeds.delete(seed.at);
    const position = this.sheet.position(line);
    this.#stood = position === undefined ? null
      : { line, below: position >= this.sheet.order.length, target: this.sheet.target(position) };
  }

  /** @param {Area} area selected, without scrolling there */
  #show({ top, bottom, left, right }) {
    this.view.selection = { line: top, column: left, line2: bottom, column2: right };
    this.view.later();
    this.#bar();
  }

  #bar() {
    const { line, column } = this.view.selection;
    const at = this.sheet.position(line);
    const head = this.sheet.columns[column];
    if (!head || at === undefined) return;
    byId("address", HTMLElement).textContent = `${letters(column)}${at + 1}`;
    byId("content", HTMLElement).textContent = this.sheet.text(at, column);
    const problem = this.sheet.problemsOf(at).get(column);
    const help = byId("help", HTMLElement);
    help.textContent = problem || [head.note, head.owned ? "由系统填写。" : ""].filter(Boolean).join(" ");
    help.className = problem ? "late" : "quiet";
    const { top, bottom, left, right } = this.view.area();
    byId("count", HTMLElement).textContent =
      bottom > top || right > left ? `选了 ${bottom - top + 1} 行 × ${right - left + 1} 列` : "";
  }

  /**
   * Rows moved: the selection and the cell in hand go with their rows.
   * @param {Moved} moved
   */
  #follow(moved) {
    const { view, sheet } = this;
    if (!sheet.filter) {
      const { line, column, line2, column2 } = view.selection;
      const stood = this.#stood && this.#stood.line === line ? this.#stood : null;
      const position = stood ? sheet.where(stood.target) : -1;
      const top = (position > 0 ? position : Math.max(1, moved(line + 1))) - 1;
      view.selection = { line: top, column, line2: Math.max(0, top + line2 - line), column2 };
      if (stood && position > 0) stood.line = top;
    }
    this.editor.follow();
  }

  /**
   * A change came: what is in hand stays, and where somebody else wrote there it is told.
   * @param {Change} change
   * @param {boolean} own whether an edit of this page led to it
   */
  change(change, own) {
    const { target } = this.editor;
    const before = target && this.sheet.rows.get(target.row);
    this.sheet.change(change);
    const row = target && this.sheet.rows.get(target.row);
    if (!target || !row || row === before || target.was === undefined) return;
    const now = row.f[target.column] || (row.v[target.column] ?? "");
    if (now === target.was) return;
    target.was = now;
    if (own) return;
    const shown = this.sheet.text(this.sheet.order.indexOf(target.row), target.column);
    this.tell(`${change.by || "系统"}刚把这一格改成「${shown}」：回车保留您的，Esc 用新的。`);
  }

  // Keys
  #listen() {
    const { field } = this.editor;
    const { scroller, side, head, corner, handle } = this.view;
    field.addEventListener("keydown", (event) => this.#key(event));
    field.addEventListener("blur", (event) => {
      if (event.relatedTarget !== this.editor.picker && !this.editor.composing) this.editor.commit();
    });
    field.addEventListener("copy", (event) => this.#copy(event));
    field.addEventListener("cut", (event) => {
      if (this.#copy(event)) this.edits.clear(this.view.area());
    });
    field.addEventListener("paste", (event) => this.#paste(event));
    for (const pane of [scroller, side]) {
      pane.addEventListener("pointerdown", (event) => this.#press(event));
      pane.addEventListener("dblclick", () => this.editor.begin(true));
      pane.addEventListener("contextmenu", (event) => this.#menu(event));
    }
    side.addEventListener("wheel", (event) => {
      scroller.scrollTop += event.deltaY;
      event.preventDefault();
    }, { passive: false });
    handle.addEventListener("pointerdown", (event) => this.#dragFill(event));
    for (const pane of [head, corner]) {
      pane.addEventListener("click", (event) => this.#header(event));
      pane.addEventListener("pointerdown", (event) => this.#resize(event));
    }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing || event.keyCode === 229) return;
    const handled = this.editor.editing ? this.#editKey(event) : this.#moveKey(event);
    if (handled) event.preventDefault();
  }

  /**
   * A key while a cell is edited.
   * @param {KeyboardEvent} event
   * @returns {boolean} whether it did something
   */
  #editKey(event) {
    const { editor } = this;
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
    const { line, column } = this.view.selection;
    this.editor.complete();
    this.editor.commit();
    this.select(line + down, column + across);
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
    const { selection } = this.view;
    if (event.altKey && key === "ArrowDown") {
      if (this.sheet.columns[selection.column]?.choices.length) this.editor.begin(true);
      else this.editor.calendar();
      return true;
    }
    const { line, column } = shiftKey ? { line: selection.line2, column: selection.column2 } : selection;
    const page = this.view.page();
    /** @type {Record<string, [down: number, across: number]>} */
    const steps = { ...STEPS, PageDown: [page, 0], PageUp: [-page, 0], Home: [0, -column], End: [0, this.sheet.columns.length] };
    const step = steps[key];
    if (step) {
      this.select(line + step[0], column + step[1], shiftKey);
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
    const { line, column } = this.view.selection;
    /** @type {Record<string, () => void>} */
    const acts = {
      Enter: () => this.select(line + way, column),
      Tab: () => this.select(line, column + way),
      F2: () => this.editor.begin(true),
      Delete: () => this.edits.clear(this.view.area()),
      Backspace: () => this.edits.clear(this.view.area()),
      Escape: () => this.select(line, column),
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
    const { selection } = this.view;
    const last = Math.max(0, this.sheet.used - 1);
    const end = this.sheet.columns.length - 1;
    const { line, column } = event.shiftKey ? { line: selection.line2, column: selection.column2 } : selection;
    /** @type {Record<string, [line: number, column: number]>} */
    const moves = { ArrowDown: [last, column], ArrowUp: [0, column], ArrowRight: [line, end], ArrowLeft: [line, 0], Home: [0, 0], End: [last, end] };
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const move = moves[key];
    if (move) {
      this.select(...move, event.shiftKey);
      return true;
    }
    /** @type {Record<string, () => void>} */
    const acts = {
      z: () => void (event.shiftKey ? this.edits.redo() : this.edits.undo()),
      y: () => void this.edits.redo(),
      d: () => this.#fill(),
      f: () => byId("find", HTMLInputElement).focus(),
      a: () => {
        this.#show({ top: 0, bottom: last, left: 0, right: end });
        this.#fetch(0, Math.min(last, MOST_FETCHED - 1));
      },
    };
    const act = acts[key];
    if (act) act();
    return Boolean(act);
  }

  /** The first line of the selection into all of it; a single line gets the line above. */
  #fill() {
    const area = this.view.area();
    this.edits.fill(area.top === area.bottom && area.top > 0 ? { ...area, top: area.top - 1 } : area);
  }

  /**
   * @param {ClipboardEvent} event
   * @returns {boolean} whether the clipboard has it
   */
  #copy(event) {
    if (this.editor.editing) return false;
    const copied = this.edits.copied(this.view.area());
    event.preventDefault();
    if (!copied || !event.clipboardData) return false;
    event.clipboardData.setData("text/plain", copied.text);
    event.clipboardData.setData("text/html", copied.html);
    return true;
  }

  /** @param {ClipboardEvent} event */
  #paste(event) {
    if (this.editor.editing) return;
    event.preventDefault();
    const text = event.clipboardData?.getData("text/plain");
    if (!text) return;
    const { line, column } = this.view.selection;
    const { order, view, free } = this.sheet;
    // Rows that somebody wrote since under the others stand where the cursor was sent: the paste goes below them.
    if (this.#stood && this.#stood.below && !view && line + 1 < order.length) this.select(free - 1, column);
    this.#show(this.edits.paste(text, this.view.area()));
  }

  // Mouse
  /** @param {PointerEvent} event */
  #press(event) {
    const { view } = this;
    if (event.button !== 0 || event.target === view.handle) return;
    if (event.target === view.scroller && event.offsetX > view.scroller.clientWidth) return; // its scroll bar
    const place = view.at(event.clientX, event.clientY);
    if (!place) return;
    event.preventDefault();
    this.editor.commit();
    const end = this.sheet.columns.length - 1;
    if (place.column < 0) {
      view.selection = { line: event.shiftKey ? view.selection.line : place.line, column: 0, line2: place.line, column2: end };
      view.later();
      this.editor.stand();
      this.#bar();
    } else {
      this.select(place.line, place.column, event.shiftKey);
    }
    if (event.pointerType === "touch") return;
    this.#drag((at) => this.select(at.line, place.column < 0 ? end : at.column, true));
  }

  /**
   * @param {(at: Place) => void} each
   * @param {() => void} [end]
   */
  #drag(each, end = () => {}) {
    const move = (/** @type {PointerEvent} */ event) => {
      const at = this.view.at(event.clientX, event.clientY);
      if (at) each({ line: at.line, column: Math.max(0, at.column) });
    };
    const stop = () => {
      window.removeEventListener("pointermove", move);
      end();
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", stop, { once: true });
  }

  /** @param {PointerEvent} event */
  #dragFill(event) {
    event.preventDefault();
    event.stopPropagation();
    const area = this.view.area();
    let until = area.bottom;
    this.#drag(
      (at) => {
        until = Math.max(area.bottom, at.line);
        this.#show({ ...area, bottom: until });
      },
      () => {
        if (until > area.bottom) this.edits.fill({ ...area, top: area.bottom, bottom: until });
      },
    );
  }

  /** @param {MouseEvent} event */
  #header(event) {
    const { target } = event;
    const title = target instanceof Element ? target.closest(".title") : null;
    if (!(target instanceof Element) || !(title instanceof HTMLElement)) return;
    const column = Number(title.dataset.column);
    if (target.matches("button.filter")) {
      this.#openFilter(column, target.getBoundingClientRect().left);
      return;
    }
    this.#show({ top: 0, bottom: this.sheet.lines - 1, left: column, right: column });
    this.editor.stand();
  }

  /**
   * @param {number} column
   * @param {number} x pixels on the page
   */
  #openFilter(column, x) {
    void this.filterPanel.open(column, x - this.root.getBoundingClientRect().left);
  }

  /** @param {PointerEvent} event */
  #resize(event) {
    const edge = event.target;
    if (!(edge instanceof HTMLElement) || !edge.matches(".edge")) return;
    const at = Number(edge.dataset.column);
    const column = this.sheet.columns[at];
    if (!column) return;
    event.preventDefault();
    const start = { x: event.clientX, width: column.width };
    const move = (/** @type {PointerEvent} */ moved) => {
      column.width = Math.max(24, Math.min(1000, Math.round(start.width + moved.clientX - start.x)));
      this.view.measure();
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", () => {
      window.removeEventListener("pointermove", move);
      void this.edits.ask({ op: "width", column: at, pixels: column.width });
    }, { once: true });
  }

  /** @param {MouseEvent} event */
  #menu(event) {
    event.preventDefault();
    const place = this.view.at(event.clientX, event.clientY);
    const { top, bottom } = this.view.area();
    if (place && (place.line < top || place.line > bottom)) this.select(place.line, Math.max(0, place.column));
    const menu = byId("menu", HTMLElement);
    const root = this.root.getBoundingClientRect();
    menu.hidden = false;
    menu.style.transform = `translate(${Math.min(event.clientX - root.left, root.width - 220)}px, ${Math.min(event.clientY - root.top, root.height - 260)}px)`;
    menu.querySelector("button")?.focus();
  }

  // Commands of the tool bar and the menu
  /** The positions of the lines that are selected. */
  #positions() {
    const { top, bottom } = this.view.area();
    const positions = [];
    for (let line = top; line <= Math.min(bottom, this.sheet.lines - 1); line++) {
      const position = this.sheet.position(line);
      if (position !== undefined) positions.push(position);
    }
    return positions;
  }

  /** @param {string} name */
  command(name) {
    const { line, column } = this.view.selection;
    /** @type {Record<string, () => unknown>} */
    const acts = {
      undo: () => this.edits.undo(),
      redo: () => this.edits.redo(),
      above: () => this.#insert(false),
      below: () => this.#insert(true),
      remove: () => this.edits.remove(this.#positions()),
      fill: () => this.#fill(),
      up: () => this.edits.sort(column, false),
      down: () => this.edits.sort(column, true),
      filter: () => this.#openFilter(column, this.view.rectangle(line, column).left),
      unfilter: () => {
        byId("find", HTMLInputElement).value = "";
        this.sheet.unfilter();
        this.#home();
      },
      calendar: () => this.editor.calendar(),
      addColumn: () => this.edits.addColumn(column + 1),
      dropColumn: () => this.#dropColumn(column),
      rename: () => this.#rename(column),
    };
    this.editor.commit();
    acts[name]?.();
    if (name !== "filter" && name !== "calendar") this.editor.stand();
  }

  /**
   * As many new rows as are selected, and the cursor in the first of them.
   * @param {boolean} after below the selection, not above
   */
  async #insert(after) {
    const positions = this.#positions();
    const position = after ? positions[positions.length - 1] : positions[0];
    if (position === undefined) {
      this.tell("没有符合筛选的行，先看全部行再加行。");
      return;
    }
    const { column } = this.view.selection;
    const [row] = await this.edits.insert(position, after, Math.min(positions.length, MOST_INSERTED));
    const line = row ? this.sheet.line(this.sheet.order.indexOf(row)) : -1;
    if (line >= 0) this.select(line, column);
  }

  /** @param {number} column */
  async #dropColumn(column) {
    const head = this.sheet.columns[column];
    if (!head) return;
    if (head.ours) {
      this.tell(`「${head.header}」是约定好的一列，不能删。`);
      return;
    }
    const name = head.header ? `「${head.header}」` : "没有名称的";
    const words = `删除${name}这一列，连同里面的内容？可以撤销；但引用这一列的公式会变成 #REF!，撤销也不能复原。`;
    if (window.confirm(words)) await this.edits.dropColumn(column);
  }

  /** @param {number} column */
  async #rename(column) {
    const head = this.sheet.columns[column];
    if (!head) return;
    if (head.ours) {
      this.tell(`表头「${head.header}」是约定好的，不能改。`);
      return;
    }
    const to = window.prompt("这一列的名称", head.header);
    if (to === null) return;
    await this.edits.set([{ row: this.sheet.id(0), at: 0, column, to }], { prepare: () => this.sheet.whole(0, 0) });
    this.sheet.refresh();
  }
}

/** @type {Record<string, [down: number, across: number]>} */
const STEPS = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] };
