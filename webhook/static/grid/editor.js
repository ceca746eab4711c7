// The cell in hand: one text field that always has the keyboard, so that pinyin begins in it; unseen until one types.

import { element } from "./view.js";
import { letters, serial, shown } from "./text.js";

export class Editor {
  constructor(root, view, on) {
    this.view = view;
    this.on = on; // commit(target, text), cancel()
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
    this.target = null;
    this.composing = false;
    this.field.addEventListener("compositionstart", () => this.composes());
    this.field.addEventListener("compositionend", () => {
      this.composing = false;
      this.grow();
      this.offer();
    });
    this.field.addEventListener("input", () => this.types());
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      if (event.target.closest("li")) this.pick(event.target.closest("li").textContent);
    });
    this.picker.addEventListener("change", () => this.picked());
  }

  get editing() {
    return Boolean(this.target);
  }

  /** Stand on the active cell, ready to type. */
  stand() {
    if (!this.view.left) return; // the tab is still being read
    const { line, column } = this.view.selection;
    if (!this.target) {
      this.field.value = "";
      this.place(line, column);
      const { sheet } = this.view;
      const position = sheet.position(line);
      const of = sheet.columns[column];
      const said = sheet.problemsOf(position).get(column);
      this.field.setAttribute("aria-label", `${letters(column)}${position + 1} ${of ? of.header : ""}：${sheet.text(position, column)}${said ? "。" + said : ""}`);
    }
    if (document.activeElement !== this.field) this.field.focus({ preventScroll: true });
  }

  place(line, column) {
    const box = this.view.rectangle(line, column);
    const root = this.view.root.getBoundingClientRect();
    this.field.style.transform = `translate(${box.left - root.left}px, ${box.top - root.top}px)`;
    this.field.style.minWidth = `${box.width}px`;
    this.field.style.width = `${box.width}px`;
    this.field.style.height = `${box.height}px`;
    this.box = box;
  }

  /** Begin with the cell's own text (`keep`), or with what is being typed. */
  begin(keep) {
    if (!this.view.left) return false;
    const { line, column } = this.view.selection;
    const refusal = this.on.mayEdit(line, column);
    if (refusal) {
      this.field.value = "";
      this.on.refuse(refusal);
      return false;
    }
    const { sheet } = this.view;
    const position = sheet.position(line);
    const raw = sheet.raw(position, column);
    if (keep && raw === undefined) {
      this.on.refuse("这一行还没有读到，请稍等一下再改。");
      return false;
    }
    this.target = { ...sheet.target(position), column, was: raw };
    if (keep) this.field.value = typeof raw === "number" ? shown(raw, sheet.columns[column].pattern) : String(raw);
    this.before = keep ? this.field.value : null;
    this.field.classList.add("open");
    this.place(line, column);
    this.grow();
    this.offer(keep);
    return true;
  }

  composes() {
    this.composing = true;
    if (!this.target && !this.begin(false)) this.field.blur();
  }

  types() {
    if (!this.target && !this.begin(false)) return;
    this.grow();
    if (!this.composing) this.offer();
  }

  grow() {
    const { field } = this;
    field.style.height = `${this.box.height}px`;
    field.style.width = `${this.box.width}px`;
    const wide = Math.min(480, Math.max(this.box.width, field.scrollWidth + 4));
    field.style.width = `${wide}px`;
    field.style.height = `${Math.min(200, Math.max(this.box.height, field.scrollHeight))}px`;
  }

  /** The row that is edited moved, or is gone. */
  follow() {
    if (!this.target) return;
    const { sheet } = this.view;
    const position = sheet.where(this.target);
    if (position < 0) return;
    const line = sheet.line(position);
    if (line < 0) return;
    this.view.selection = { line, column: this.target.column, line2: line, column2: this.target.column };
    this.place(line, this.target.column);
    this.grow();
  }

  commit() {
    if (!this.target) return;
    const { target } = this;
    const text = this.field.value;
    this.end();
    if (text !== this.before) this.on.commit(target, text);
  }

  cancel() {
    this.end();
  }

  end() {
    this.target = null;
    this.field.value = "";
    this.field.classList.remove("open");
    this.list.hidden = true;
    this.on.ended();
  }

  // Choices and dates
  offer(all) {
    const of = this.target && this.view.sheet.columns[this.target.column];
    const choices = of ? of.choices : [];
    const typed = this.field.value.trim();
    const fits = choices.filter((one) => all || one.includes(typed));
    this.list.textContent = "";
    this.list.hidden = !fits.length || (fits.length === 1 && fits[0] === typed);
    this.chosen = -1;
    for (const one of fits.slice(0, 200)) {
      const item = element("li", "", this.list);
      item.textContent = one;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
    }
    const root = this.view.root.getBoundingClientRect();
    const below = this.box.top - root.top + this.box.height;
    const up = below + 220 > root.height;
    this.list.style.transform = `translate(${this.box.left - root.left}px, ${up ? Math.max(0, this.box.top - root.top - Math.min(220, fits.length * 28 + 4)) : below}px)`;
    this.list.style.minWidth = `${this.box.width}px`;
  }

  /** Up and down in the list; false where there is none. */
  move(step) {
    if (this.list.hidden) return false;
    const items = [...this.list.children];
    this.chosen = (this.chosen + step + items.length + (this.chosen < 0 && step < 0 ? 1 : 0)) % items.length;
    items.forEach((item, at) => item.setAttribute("aria-selected", String(at === this.chosen)));
    items[this.chosen].scrollIntoView({ block: "nearest" });
    this.field.value = items[this.chosen].textContent;
    return true;
  }

  pick(text) {
    this.field.value = text;
    this.commit();
    this.stand();
  }

  /** Open the browser's own calendar for a date cell. */
  calendar() {
    const { line, column } = this.view.selection;
    const { kind } = this.view.sheet.columns[column];
    if (!["date", "datetime"].includes(kind) || (!this.target && !this.begin(true))) return;
    this.picker.type = kind === "date" ? "date" : "datetime-local";
    this.place(line, column);
    this.picker.style.transform = this.field.style.transform;
    const now = this.field.value.trim().replace(" ", "T");
    this.picker.value = now;
    if (this.picker.showPicker) this.picker.showPicker();
  }

  picked() {
    if (!this.target || !this.picker.value) return;
    const { pattern } = this.view.sheet.columns[this.target.column];
    this.field.value = shown(serial(this.picker.value), pattern || "yyyy-mm-dd hh:mm");
    this.field.focus();
  }
}
