// One tab, open: where the cursor stands, and who hears what happens. It is made once the tab was read, so nothing is pressed
// or typed before.

import { Areas } from "./areas.js";
import { Clipboard } from "./clipboard.js";
import { Columns } from "./columns.js";
import { Commands } from "./commands.js";
import { Cursor } from "./cursor.js";
import { Editor } from "./editor.js";
import { Edits } from "./edits.js";
import { FilterPanel } from "./filter.js";
import { Headers } from "./headers.js";
import { Keys } from "./keys.js";
import { Mouse } from "./mouse.js";
import { byId } from "./page.js";
import { Photos } from "./photos.js";
import { MOST_FETCHED } from "./sheet.js";
import { SortPanel } from "./sorter.js";
import { Sums } from "./sums.js";
import { letters } from "./text.js";
import { Trail } from "./trail.js";
import { View } from "./view.js";

/** @import { Area } from "./areas.js" */
/** @import { Tell } from "./edits.js" */
/** @import { History } from "./steps.js" */
/** @import { Finder } from "./find.js" */
/** @import { Outgoing } from "./outgoing.js" */
/** @import { Change, Test, Value } from "./server.js" */
/** @import { Moved, Sheet, Target } from "./sheet.js" */

/** @typedef {{ line: number, column: number }} Place */

export class Grid {
  #shape = ""; // what the header was drawn from

  /**
   * @param {HTMLElement} root
   * @param {Sheet} sheet that was read
   * @param {Outgoing} outgoing
   * @param {History} history
   * @param {Tell} tell
   * @param {Finder} finder
   */
  constructor(root, sheet, outgoing, history, tell, finder) {
    this.root = root;
    this.sheet = sheet;
    this.outgoing = outgoing;
    this.tell = tell;
    this.finder = finder;
    this.edits = new Edits(sheet, outgoing, history, tell);
    this.cursor = new Cursor(sheet);
    this.areas = new Areas(this.edits);
    this.commands = new Commands(this);
    this.clipboard = new Clipboard(this);
    this.view = new View(root, sheet);
    this.columns = new Columns(sheet, this.view, tell);
    this.sums = new Sums(sheet, byId("count", HTMLElement));
    this.editor = new Editor(root, this.view, {
      refusal: (column) => this.edits.refusal(column),
      refuse: (words) => tell(words),
      commit: (target, text) => void this.#write(target, target.column, text),
      ended: () => this.view.later(),
    });
    this.filterPanel = new FilterPanel(root, sheet, {
      sort: (column, down) => void this.edits.sort(column, down),
      sortMore: (column) => this.sorter.open(column),
      filter: (column, test) => void this.filter(column, test),
      closed: () => this.editor.stand(),
    });
    this.photos = new Photos(root, sheet, () => this.editor.stand());
    this.sorter = new SortPanel(root, sheet, {
      sort: ([first, ...then]) => void (first && this.edits.sort(first.column, first.down, then)),
      closed: () => this.editor.stand(),
    });
    this.trail = new Trail(root, sheet, {
      restore: (cell) => void this.edits.set([cell], { pasted: true }),
      refusal: (column) => this.edits.refusal(column),
      closed: () => this.editor.stand(),
    });
    sheet.on.change = (all) => {
      if (all) this.#redraw();
      this.view.later();
      this.bar();
    };
    sheet.on.move = (moved) => this.#follow(moved);
    this.#listen();
    this.#redraw();
    this.home();
  }

  /** Takes everything away again; what is in hand is written. */
  close() {
    this.editor.close();
    this.view.close();
    for (const panel of this.panels) panel.remove();
    this.sheet.on.change = () => {};
    this.sheet.on.move = () => {};
  }

  /** The panels that close when something beside them is pressed. */
  get panels() {
    return [this.filterPanel.panel, this.trail.panel, this.sorter.panel, this.photos.panel];
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
    this.cursor.write(this.view.selection.line, target);
    await this.edits.set([{ ...target, column, to: text }]);
    if (this.cursor.stood?.target === target) this.#follow((position) => position);
  }

  #redraw() {
    const filtered = this.sheet.filter ? [...this.sheet.filter.tests.keys()] : [];
    const shape = JSON.stringify([this.sheet.columns, filtered]);
    if (shape !== this.#shape) {
      this.#shape = shape;
      this.columns.show();
    }
    byId("unfilter", HTMLButtonElement).hidden = !this.sheet.filter;
    const rows = Math.max(0, this.sheet.order.length - 1);
    byId("shown", HTMLElement).textContent = this.sheet.filter ? `显示 ${this.sheet.lines} 行，共 ${rows} 行` : `共 ${rows} 行`;
    this.view.later();
    this.editor.follow();
    this.bar();
  }

  home() {
    this.select(0, Math.max(0, this.sheet.columns.findIndex((column) => !column.owned)));
  }

  /**
   * @param {number} column -1: any
   * @param {Test | null} test
   */
  async filter(column, test) {
    try {
      await this.sheet.filterBy(column, test);
      this.home();
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
    const before = this.view.selection;
    const across = this.#seen(Math.max(0, Math.min(column, this.sheet.columns.length - 1)), column < before.column2 ? -1 : 1);
    this.cursor.stand(extend ? before.line : at);
    this.view.selection = extend
      ? { line: before.line, column: before.column, line2: at, column2: across }
      : { line: at, column: across, line2: at, column2: across };
    this.view.reveal(at, across);
    this.editor.stand();
    this.bar();
    const { top, bottom } = this.view.area();
    if (bottom > top) this.fetch(top, bottom);
  }

  /**
   * The nearest column that is shown, in a direction as far as there is one.
   * @param {number} column
   * @param {number} step 1 or -1
   */
  #seen(column, step) {
    const { columns } = this.sheet;
    for (const way of [step, -step])
      for (let at = column; columns[at]; at += way) if (!columns[at]?.hidden) return at;
    return column;
  }

  /**
   * Has the rows of a selection here before they are copied; those that can't be had are told when they are copied.
   * @param {number} top line
   * @param {number} bottom line
   */
  fetch(top, bottom) {
    if (bottom - top < MOST_FETCHED)
      this.sheet.whole(this.sheet.position(top) || 1, this.sheet.position(bottom) || 1).catch(() => {});
  }

  /** @param {Area} area selected, without scrolling there */
  show({ top, bottom, left, right }) {
    this.view.selection = { line: top, column: left, line2: bottom, column2: right };
    this.view.later();
    this.bar();
  }

  bar() {
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
    this.sums.show(this.view.area());
  }

  /**
   * Rows moved: the selection and the cell in hand go with their rows.
   * @param {Moved} moved
   */
  #follow(moved) {
    if (!this.sheet.filter) this.view.selection = this.cursor.followed(this.view.selection, moved);
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

  #listen() {
    const [keys, mouse] = [new Keys(this), new Mouse(this)];
    const { field } = this.editor;
    field.addEventListener("keydown", (event) => keys.press(event));
    field.addEventListener("blur", (event) => {
      if (event.relatedTarget !== this.editor.picker && !this.editor.composing) this.editor.commit();
    });
    this.clipboard.listen(field);
    mouse.listen();
    new Headers(this).listen();
  }
}
