// Commands of the tool bar and the menu.

import { openPage, save } from "./files.js";
import { linkOf } from "./links.js";
import { openMenu } from "./menus.js";
import { byId } from "./page.js";

/** @import { Grid } from "./grid.js" */

const MOST_INSERTED = 1000; // rows at once
const STAYS = ["filter", "calendar", "exports", "history", "sorts", "open", "edit"]; // commands that open something for the keyboard

export class Commands {
  /** @param {Grid} grid */
  constructor(grid) {
    this.grid = grid;
  }

  /** The first line of the selection into all of it; a single line gets the line above. */
  fill() {
    const area = this.grid.view.area();
    this.grid.areas.fill(area.top === area.bottom && area.top > 0 ? { ...area, top: area.top - 1 } : area);
  }

  /** The first column of the selection into all of it; a single column gets the column at its left. */
  fillRight() {
    const area = this.grid.view.area();
    this.grid.areas.fillRight(area.left === area.right && area.left > 0 ? { ...area, left: area.left - 1 } : area);
  }

  /**
   * @param {number} column
   * @param {number} x pixels on the page
   */
  openFilter(column, x) {
    void this.grid.filterPanel.open(column, x - this.grid.root.getBoundingClientRect().left);
  }

  /** The positions of the lines that are selected. */
  #positions() {
    const { top, bottom } = this.grid.view.area();
    const positions = [];
    for (let line = top; line <= Math.min(bottom, this.grid.sheet.lines - 1); line++) {
      const position = this.grid.sheet.position(line);
      if (position !== undefined) positions.push(position);
    }
    return positions;
  }

  /**
   * @param {string} name
   * @param {{ left: number, bottom: number }} [box] of the button, on the page
   */
  run(name, box = { left: 0, bottom: 0 }) {
    const { line, column } = this.grid.view.selection;
    /** @type {Record<string, () => unknown>} */
    const acts = {
      undo: () => this.grid.edits.undo(),
      redo: () => this.grid.edits.redo(),
      above: () => this.#insert(false),
      below: () => this.#insert(true),
      remove: () => this.grid.edits.remove(this.#positions()),
      fill: () => this.fill(),
      up: () => this.grid.edits.sort(column, false),
      down: () => this.grid.edits.sort(column, true),
      sorts: () => this.grid.sorter.open(column),
      filter: () => this.openFilter(column, this.grid.view.rectangle(line, column).left),
      unfilter: () => {
        byId("find", HTMLInputElement).value = "";
        this.grid.sheet.unfilter();
        this.grid.home();
      },
      calendar: () => this.grid.editor.calendar(),
      edit: () => this.edit(),
      hide: () => this.grid.columns.hide(this.grid.view.area()),
      unhide: () => this.grid.columns.unhide(),
      wrap: () => this.grid.columns.wrap(),
      addColumn: () => this.grid.edits.addColumn(column + 1),
      dropColumn: () => this.#dropColumn(column),
      rename: () => this.#rename(column),
      cut: () => this.grid.clipboard.take("cut"),
      copy: () => this.grid.clipboard.take("copy"),
      paste: () => this.grid.clipboard.put(),
      clear: () => this.grid.areas.clear(this.grid.view.area()),
      open: () => this.#open(line, column),
      history: () => this.grid.trail.open(line, column),
      print: () => this.#print(),
      exports: () => openMenu("exports", box.left, box.bottom),
      exportTab: () => this.#export(false),
      exportRows: () => this.#export(true),
      exportWorkbook: () => this.#save("/grid/export", {}),
    };
    this.grid.editor.commit();
    acts[name]?.();
    if (!STAYS.includes(name)) this.grid.editor.stand();
  }

  /**
   * Opens what a cell leads to.
   * @param {number} line
   * @param {number} column
   */
  #open(line, column) {
    const { sheet } = this.grid;
    const [at, head] = [sheet.position(line) ?? -1, sheet.columns[column]];
    const link = head && linkOf(head, sheet.text(at, column));
    if (link?.kind === "photos") void this.grid.photos.open(sheet.id(at));
    else if (link) window.open(link.href, "_blank", "noopener,noreferrer");
    else this.grid.tell("这一格没有链接，也没有照片。");
  }

  /** @param {boolean} filtered only the rows that the filter shows */
  #export(filtered) {
    const { sheet } = this.grid;
    void this.#save(`/grid/export/${sheet.server.sheet}`, { filters: filtered ? sheet.tests() : [] });
  }

  #print() {
    const { sheet } = this.grid;
    openPage(`/grid/print/${sheet.server.sheet}`, { filters: sheet.tests(), hidden: sheet.layout.hidden });
  }

  /**
   * @param {string} address
   * @param {object} body
   */
  async #save(address, body) {
    this.grid.tell("正在做文件…");
    try {
      await save(address, body);
      this.grid.tell("文件做好了，在浏览器的下载里。");
    } catch (error) {
      this.grid.tell(error instanceof Error ? error.message : String(error));
    }
  }

  /** Begins to write in the active cell. */
  edit() {
    if (this.grid.editor.begin(true)) this.grid.editor.stand();
  }

  /** Opens the choices of the active cell, or the calendar. */
  choose() {
    const { sheet, view, editor } = this.grid;
    if (!sheet.columns[view.selection.column]?.choices.length) editor.calendar();
    else if (!editor.editing) editor.begin(true);
  }

  /**
   * The menu of cells.
   * @param {number} x on the page
   * @param {number} y on the page
   */
  menu(x, y) {
    openMenu("menu", x, y);
  }

  /**
   * Moves a column for all people.
   * @param {number} column
   * @param {number} to before which it will stand
   */
  async moveColumn(column, to) {
    const name = this.grid.sheet.columns[column]?.header || "这一列";
    if (!(await this.grid.edits.moveColumn(column, to))) return;
    this.grid.tell(`移动了「${name}」，所有人看到的次序都变了。`, { label: "撤销", act: () => void this.grid.edits.undo() });
  }

  /**
   * Opens the tab beside.
   * @param {number} step 1 or -1
   */
  turn(step) {
    this.grid.editor.commit();
    const tabs = [...document.querySelectorAll("#tabs a")];
    const tab = tabs[tabs.findIndex((each) => each.hasAttribute("aria-current")) + step];
    if (tab instanceof HTMLElement) tab.click();
  }

  /**
   * As many new rows as are selected, and the cursor in the first of them.
   * @param {boolean} after below the selection, not above
   */
  async #insert(after) {
    const positions = this.#positions();
    const position = after ? positions[positions.length - 1] : positions[0];
    if (position === undefined) {
      this.grid.tell("没有符合筛选的行，先看全部行再加行。");
      return;
    }
    const { column } = this.grid.view.selection;
    const [row] = await this.grid.edits.insert(position, after, Math.min(positions.length, MOST_INSERTED));
    const line = row ? this.grid.sheet.line(this.grid.sheet.order.indexOf(row)) : -1;
    if (line >= 0) this.grid.select(line, column);
  }

  /** @param {number} column */
  async #dropColumn(column) {
    const head = this.grid.sheet.columns[column];
    if (!head) return;
    if (head.ours) {
      this.grid.tell(`「${head.header}」是约定好的一列，不能删。`);
      return;
    }
    const name = head.header ? `「${head.header}」` : "没有名称的";
    const words = `删除${name}这一列，连同里面的内容？可以撤销；但引用这一列的公式会变成 #REF!，撤销也不能复原。`;
    if (window.confirm(words)) await this.grid.edits.dropColumn(column);
  }

  /** @param {number} column */
  async #rename(column) {
    const head = this.grid.sheet.columns[column];
    if (!head) return;
    if (head.ours) {
      this.grid.tell(`表头「${head.header}」是约定好的，不能改。`);
      return;
    }
    const to = window.prompt("这一列的名称", head.header);
    if (to === null) return;
    await this.grid.edits.set([{ row: this.grid.sheet.id(0), at: 0, column, to }], { prepare: () => this.grid.sheet.whole(0, 0) });
    this.grid.sheet.refresh();
  }
}
