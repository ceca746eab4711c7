// The page: tabs, tools, keys and mouse put together.

import { Edits } from "./edits.js";
import { Editor } from "./editor.js";
import { Filter } from "./filter.js";
import { Server, watch } from "./server.js";
import { Sheet } from "./sheet.js";
import { letters } from "./text.js";
import { View, element } from "./view.js";

const by = (id) => document.getElementById(id);

class Grid {
  constructor(root) {
    this.root = root;
    root.grid = this;
    this.said = by("said");
    this.edits = new Map(); // what each tab can take back outlives a change of tabs
    this.servers = new Map();
    this.filterPanel = new Filter(root, {
      sort: (column, down) => this.now.sort(column, down),
      filter: (column, test) => this.sheet.filterBy(column, test).then(() => this.home()),
      closed: () => this.editor.stand(),
    });
    this.source = watch({
      change: (change) => this.change(change),
      stale: () => this.sheet && this.sheet.load(),
      ready: (version) => this.sheet && this.sheet.version && version > this.sheet.version && this.sheet.load(),
      state: (live) => {
        this.live = live;
        this.state();
      },
    });
    window.addEventListener("beforeunload", (event) => this.waiting() && event.preventDefault());
  }

  async open(id) {
    if (this.editor) this.editor.commit();
    if (!this.servers.has(id)) this.servers.set(id, new Server(id));
    const server = this.servers.get(id);
    server.onState = () => this.state();
    this.sheet = new Sheet(server);
    this.stood = null;
    this.root.querySelectorAll(".scroller,.head,.side,.corner,.field,.choices,.picker").forEach((one) => one.remove());
    this.view = new View(this.root, this.sheet);
    this.sheet.onChange = (all) => {
      if (all) this.redraw();
      this.view.later();
      this.bar();
    };
    this.sheet.onMove = (moved) => this.follow(moved);
    const kept = this.edits.get(id);
    this.now = new Edits(this.sheet, (words, action) => this.tell(words, action));
    if (kept) Object.assign(this.now, { done: kept.done, undone: kept.undone });
    this.edits.set(id, this.now);
    this.editor = new Editor(this.root, this.view, {
      mayEdit: (line, column) => this.now.refusal(column),
      refuse: (words) => this.tell(words),
      commit: (target, text) => {
        this.stood = { line: this.view.selection.line, target };
        this.now.set([{ ...target, to: text }]).then(() => this.stood && this.stood.target === target && this.follow((position) => position));
      },
      ended: () => this.view.later(),
    });
    this.listen();
    await this.sheet.load();
    this.home();
    document.querySelectorAll("#tabs a").forEach((tab) => {
      if (Number(tab.dataset.sheet) === id) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    });
  }

  redraw() {
    const { columns } = this.sheet;
    const shape = JSON.stringify(columns) + [...(this.sheet.filter ? this.sheet.filter.tests.keys() : [])];
    if (shape !== this.shape || !this.view.left) {
      this.shape = shape;
      this.view.measure();
    }
    by("unfilter").hidden = !this.sheet.filter;
    this.view.later();
    this.editor.follow();
    this.bar();
  }

  home() {
    this.select(0, Math.max(0, this.sheet.columns.findIndex((column) => !column.owned)));
  }

  // Words to the person
  tell(words, action) {
    this.said.textContent = "";
    element("span", "", this.said).textContent = words;
    if (action) {
      const button = element("button", "", this.said);
      button.type = "button";
      button.textContent = action.label;
      button.addEventListener("click", () => {
        this.said.textContent = "";
        action.act();
        this.editor.stand();
      });
    }
    clearTimeout(this.saidFor);
    this.saidFor = setTimeout(() => (this.said.textContent = ""), action ? 60000 : 12000);
  }

  waiting() {
    let count = 0;
    for (const server of this.servers.values()) count += server.queue.length;
    return Math.max(count, this.now ? this.now.pending : 0);
  }

  state() {
    const offline = [...this.servers.values()].some((server) => server.offline);
    const count = this.waiting();
    const state = by("state");
    state.textContent = offline
      ? `连不上服务器，${count} 处修改还没有保存，会自动再试`
      : count ? "正在保存…" : this.live === false ? "正在重新连接…" : "已保存";
    state.className = offline ? "late" : "quiet";
  }

  // Where one stands
  select(line, column, extend = false) {
    if (!this.view.left) return;
    const last = this.sheet.lines - 1;
    const at = Math.max(0, Math.min(line, last));
    const across = Math.max(0, Math.min(column, this.sheet.columns.length - 1));
    const before = this.view.selection;
    this.stand(extend ? before.line : at);
    this.view.selection = extend
      ? { line: before.line, column: before.column, line2: at, column2: across }
      : { line: at, column: across, line2: at, column2: across };
    this.view.reveal(at, across);
    this.editor.stand();
    this.bar();
    const { top, bottom } = this.view.area();
    if (bottom > top && bottom - top < 20000) this.sheet.whole(this.sheet.position(top) || 1, this.sheet.position(bottom) || 1);
  }

  /** Remember the row that one stands on: it is followed when rows move. One that was empty stays an empty one, also
   * when somebody else writes in its place. */
  stand(line) {
    const seed = this.stood && this.stood.target.seed;
    if (seed && !seed.used && this.sheet.seeds.get(seed.at) === seed) this.sheet.seeds.delete(seed.at);
    const position = this.sheet.position(line);
    const below = position >= this.sheet.order.length; // under all rows that were there when one came here
    this.stood = position === undefined ? null : { line, below, target: this.sheet.target(position) };
  }

  bar() {
    if (!this.view.left) return;
    const { line, column } = this.view.selection;
    const at = this.sheet.position(line);
    const of = this.sheet.columns[column];
    if (!of || at === undefined) return;
    by("address").textContent = `${letters(column)}${at + 1}`;
    by("content").textContent = this.sheet.text(at, column);
    const said = this.sheet.problemsOf(at).get(column);
    const help = by("help");
    help.textContent = said || [of.note, of.owned ? "由系统填写。" : ""].filter(Boolean).join(" ");
    help.className = said ? "late" : "quiet";
    const { top, bottom, left, right } = this.view.area();
    by("count").textContent = bottom > top || right > left ? `选了 ${bottom - top + 1} 行 × ${right - left + 1} 列` : "";
  }

  /** Rows moved: the selection and the cell in hand go with their rows. */
  follow(moved) {
    const { view, sheet } = this;
    if (sheet.filter || !view.left) return this.editor.follow();
    const { line, column, line2, column2 } = view.selection;
    const stood = this.stood && this.stood.line === line ? sheet.where(this.stood.target) : -1;
    const top = (stood > 0 ? stood : Math.max(1, moved(line + 1))) - 1;
    view.selection = { line: top, column, line2: Math.max(0, top + line2 - line), column2 };
    if (stood > 0) this.stood.line = top;
    this.editor.follow();
    return undefined;
  }

  /** Somebody else wrote: what is in hand stays, and is said. */
  change(change) {
    if (!this.sheet || !this.view.left) return;
    if (change.tabs) by("reload").hidden = false;
    for (const server of this.servers.values()) if (server.asked(change.asked)) return; // its reply brings it
    const { target } = this.editor;
    const before = target && this.sheet.rows.get(target.row);
    this.sheet.change(change);
    if (!target || !target.row) return;
    const row = this.sheet.rows.get(target.row);
    const now = row && ((row.f && row.f[target.column]) || row.v[target.column] || "");
    if (row && before !== row && target.was !== undefined && now !== target.was) {
      target.was = now;
      this.tell(`${change.by || "系统"}刚把这一格改成「${this.sheet.text(this.sheet.order.indexOf(target.row), target.column)}」：回车保留您的，Esc 用新的。`);
    }
  }

  // Keys
  listen() {
    const { field } = this.editor;
    const { scroller, side, head, corner, handle } = this.view;
    field.addEventListener("keydown", (event) => this.key(event));
    field.addEventListener("blur", (event) => {
      if (event.relatedTarget !== this.editor.picker && !this.editor.composing) this.editor.commit();
    });
    field.addEventListener("copy", (event) => this.copy(event));
    field.addEventListener("cut", (event) => this.copy(event) && this.now.clear(this.view.area()));
    field.addEventListener("paste", (event) => this.paste(event));
    for (const pane of [scroller, side]) {
      pane.addEventListener("pointerdown", (event) => this.press(event));
      pane.addEventListener("dblclick", () => this.editor.begin(true));
      pane.addEventListener("contextmenu", (event) => this.menu(event));
    }
    side.addEventListener("wheel", (event) => {
      scroller.scrollTop += event.deltaY;
      event.preventDefault();
    }, { passive: false });
    handle.addEventListener("pointerdown", (event) => this.dragFill(event));
    for (const pane of [head, corner]) {
      pane.addEventListener("click", (event) => this.header(event));
      pane.addEventListener("pointerdown", (event) => this.resize(event));
    }
  }

  key(event) {
    if (event.isComposing || event.keyCode === 229) return;
    const handled = this.editor.editing ? this.editKey(event) : this.moveKey(event);
    if (handled) event.preventDefault();
  }

  editKey(event) {
    const { editor } = this;
    const { line, column } = this.view.selection;
    const leave = (down, across) => {
      editor.commit();
      this.select(line + down, column + across);
      return true;
    };
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
    if (event.key === "Enter") return leave(event.shiftKey ? -1 : 1, 0);
    if (event.key === "Tab") return leave(0, event.shiftKey ? -1 : 1);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && editor.move(step)) return true;
    const typing = editor.before === null && !editor.field.value.includes("\n");
    if (step && typing) return leave(step, 0);
    const across = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    return Boolean(across && typing && leave(0, across));
  }

  moveKey(event) {
    const { key, shiftKey } = event;
    if (event.ctrlKey || event.metaKey) return this.controlKey(event);
    const { selection } = this.view;
    const line = shiftKey ? selection.line2 : selection.line;
    const column = shiftKey ? selection.column2 : selection.column;
    const page = this.view.page();
    const steps = {
      ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1],
      PageDown: [page, 0], PageUp: [-page, 0], Home: [0, -column], End: [0, this.sheet.columns.length],
    };
    if (event.altKey && key === "ArrowDown") {
      if (this.sheet.columns[column].choices.length) this.editor.begin(true);
      else this.editor.calendar();
      return true;
    }
    if (steps[key]) {
      this.select(line + steps[key][0], column + steps[key][1], shiftKey);
      return true;
    }
    if (key === "Enter" || key === "Tab") {
      const back = shiftKey ? -1 : 1;
      this.select(selection.line + (key === "Enter" ? back : 0), selection.column + (key === "Tab" ? back : 0));
      return true;
    }
    if (key === "F2") return this.editor.begin(true) || true;
    if (key === "Delete" || key === "Backspace") return Boolean(this.now.clear(this.view.area())) || true;
    if (key === "Escape") {
      this.select(selection.line, selection.column);
      return true;
    }
    return false;
  }

  controlKey(event) {
    const { selection } = this.view;
    const used = Math.max(0, this.sheet.lines - 1 - (this.sheet.view ? 0 : 100));
    const line = event.shiftKey ? selection.line2 : selection.line;
    const column = event.shiftKey ? selection.column2 : selection.column;
    const all = this.sheet.columns.length - 1;
    const moves = { ArrowDown: [used, column], ArrowUp: [0, column], ArrowRight: [line, all], ArrowLeft: [line, 0], Home: [0, 0], End: [used, all] };
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (moves[key]) {
      this.select(...moves[key], event.shiftKey);
      return true;
    }
    const acts = {
      z: () => (event.shiftKey ? this.now.redo() : this.now.undo()),
      y: () => this.now.redo(),
      d: () => this.fill(),
      f: () => by("find").focus(),
      a: () => {
        this.view.selection = { line: 0, column: 0, line2: used, column2: all };
        this.view.later();
        this.bar();
        this.sheet.whole(1, Math.min(used + 1, 20000));
      },
    };
    if (!acts[key]) return false;
    acts[key]();
    return true;
  }

  fill() {
    const area = this.view.area();
    if (area.top === area.bottom && area.top > 0) return this.now.fill({ ...area, top: area.top - 1 });
    return this.now.fill(area);
  }

  copy(event) {
    if (this.editor.editing) return false;
    const found = this.now.copied(this.view.area());
    event.preventDefault();
    if (!found) return false;
    event.clipboardData.setData("text/plain", found.text);
    event.clipboardData.setData("text/html", found.html);
    return true;
  }

  paste(event) {
    if (this.editor.editing) return;
    event.preventDefault();
    const text = event.clipboardData.getData("text/plain");
    if (!text) return;
    const { line, column } = this.view.selection;
    const { order, view, free } = this.sheet;
    if (this.stood && this.stood.below && !view && line + 1 < order.length) this.select(free - 1, column);
    const { whole } = this.now.paste(text, this.view.area());
    this.view.selection = { line: whole.top, column: whole.left, line2: whole.bottom, column2: whole.right };
    this.view.later();
    this.bar();
  }

  // Mouse
  press(event) {
    if (!this.view.left) return;
    if (event.button !== 0 || event.target === this.view.handle) return;
    if (event.target === this.view.scroller && event.offsetX > this.view.scroller.clientWidth) return;
    const found = this.view.at(event.clientX, event.clientY);
    if (!found) return;
    event.preventDefault();
    this.editor.commit();
    if (found.column < 0) {
      this.view.selection = { line: event.shiftKey ? this.view.selection.line : found.line, column: 0, line2: found.line, column2: this.sheet.columns.length - 1 };
      this.view.later();
      this.editor.stand();
      this.bar();
    } else {
      this.select(found.line, found.column, event.shiftKey);
    }
    if (event.pointerType === "touch") return;
    this.drag((at) => this.select(at.line, found.column < 0 ? this.sheet.columns.length - 1 : at.column, true));
  }

  drag(each, end = () => {}) {
    const move = (event) => {
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

  dragFill(event) {
    event.preventDefault();
    event.stopPropagation();
    const area = this.view.area();
    let until = area.bottom;
    this.drag(
      (at) => {
        until = Math.max(area.bottom, at.line);
        this.view.selection = { line: area.top, column: area.left, line2: until, column2: area.right };
        this.view.later();
      },
      () => until > area.bottom && this.now.fill({ ...area, top: area.bottom, bottom: until }),
    );
  }

  header(event) {
    const { column } = event.target.dataset;
    if (event.target.matches("button.filter")) {
      const box = event.target.getBoundingClientRect();
      this.filterPanel.open(this.sheet, Number(column), box.left - this.root.getBoundingClientRect().left);
    } else {
      const title = event.target.closest(".title");
      if (!title) return;
      const at = Number(title.dataset.column);
      this.view.selection = { line: 0, column: at, line2: this.sheet.lines - 1, column2: at };
      this.view.later();
      this.editor.stand();
      this.bar();
    }
  }

  resize(event) {
    if (!event.target.matches(".edge")) return;
    event.preventDefault();
    const at = Number(event.target.dataset.column);
    const column = this.sheet.columns[at];
    const from = { x: event.clientX, width: column.width };
    const move = (moved) => {
      column.width = Math.max(24, Math.min(1000, Math.round(from.width + moved.clientX - from.x)));
      this.view.measure();
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", () => {
      window.removeEventListener("pointermove", move);
      this.now.ask([{ op: "width", column: at, pixels: column.width }]);
    }, { once: true });
  }

  menu(event) {
    event.preventDefault();
    const found = this.view.at(event.clientX, event.clientY);
    const { top, bottom } = this.view.area();
    if (found && (found.line < top || found.line > bottom)) this.select(found.line, Math.max(0, found.column));
    const menu = by("menu");
    const root = this.root.getBoundingClientRect();
    menu.hidden = false;
    menu.style.transform = `translate(${Math.min(event.clientX - root.left, root.width - 220)}px, ${Math.min(event.clientY - root.top, root.height - 260)}px)`;
    menu.querySelector("button").focus();
  }

  lines() {
    const { top, bottom } = this.view.area();
    const found = [];
    for (let line = top; line <= Math.min(bottom, this.sheet.lines - 1); line++) found.push(this.sheet.position(line));
    return found;
  }

  command(name) {
    if (!this.view || !this.view.left) return;
    const { line, column } = this.view.selection;
    const lines = this.lines();
    const count = Math.min(lines.length, 1000);
    const acts = {
      undo: () => this.now.undo(),
      redo: () => this.now.redo(),
      above: () => this.insert(lines[0], false, count),
      below: () => this.insert(lines[lines.length - 1], true, count),
      remove: () => this.now.remove(lines),
      fill: () => this.fill(),
      up: () => this.now.sort(column, false),
      down: () => this.now.sort(column, true),
      filter: () => this.filterPanel.open(this.sheet, column, this.view.rectangle(line, column).left - this.root.getBoundingClientRect().left),
      unfilter: () => {
        this.sheet.filter = this.sheet.view = null;
        by("find").value = "";
        this.redraw();
        this.home();
      },
      calendar: () => this.editor.calendar(),
      addColumn: () => this.now.ask([{ op: "addColumn", column: column + 1 }]),
      dropColumn: () => this.now.ask([{ op: "dropColumn", column }]),
      rename: () => this.rename(column),
    };
    this.editor.commit();
    acts[name]();
    if (name !== "filter" && name !== "calendar") this.editor.stand();
  }

  /** New rows, and the cursor in the first of them. */
  async insert(position, after, count) {
    const { column } = this.view.selection;
    const rows = await this.now.insert(position, after, count);
    const line = rows.length ? this.sheet.line(this.sheet.order.indexOf(rows[0])) : -1;
    if (line >= 0) this.select(line, column);
  }

  rename(column) {
    const of = this.sheet.columns[column];
    if (of.ours) return this.tell(`表头「${of.header}」是约定好的，不能改。`);
    const to = window.prompt("这一列的名称", of.header);
    if (to === null) return undefined;
    return this.now.set([{ row: this.sheet.id(0), at: 0, column, to }], { remember: false }).then(() => this.sheet.load());
  }
}

function start() {
  const root = by("grid");
  const grid = new Grid(root);
  const first = Number(location.hash.slice(1)) || Number(document.querySelector("#tabs a").dataset.sheet);
  document.querySelectorAll("#tabs a").forEach((tab) =>
    tab.addEventListener("click", (event) => {
      event.preventDefault();
      history.replaceState(null, "", `#${tab.dataset.sheet}`);
      grid.open(Number(tab.dataset.sheet));
    }));
  document.querySelectorAll("[data-command]").forEach((button) =>
    button.addEventListener("click", () => {
      by("menu").hidden = true;
      grid.command(button.dataset.command);
    }));
  by("menu").addEventListener("keydown", (event) => {
    const items = [...by("menu").querySelectorAll("button")];
    const at = items.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) items[(at + step + items.length) % items.length].focus();
    if (event.key === "Escape") {
      by("menu").hidden = true;
      grid.editor.stand();
    }
  });
  document.addEventListener("pointerdown", (event) => {
    if (!event.target.closest("#menu")) by("menu").hidden = true;
    if (!event.target.closest(".panel,.filter")) grid.filterPanel.panel.hidden = true;
  });
  by("search").addEventListener("submit", (event) => {
    event.preventDefault();
    grid.sheet.filterBy(-1, by("find").value ? { words: by("find").value, allowed: null } : null).then(() => grid.home());
  });
  by("reload").addEventListener("click", () => location.reload());
  grid.open(first).catch((error) => grid.tell(error.message));
}

start();
