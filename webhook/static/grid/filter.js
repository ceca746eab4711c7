// The panel under a header: sort, words to look for, values to tick.

import { element } from "./view.js";

export class Filter {
  constructor(root, on) {
    this.on = on; // sort(column, down), filter(column, test)
    this.panel = element("div", "panel", root);
    this.panel.hidden = true;
    this.panel.setAttribute("role", "dialog");
    this.panel.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") this.close();
    });
  }

  async open(sheet, column, x) {
    this.sheet = sheet;
    this.column = column;
    const { panel } = this;
    panel.textContent = "";
    panel.setAttribute("aria-label", `筛选和排序：${sheet.columns[column].header}`);
    const width = panel.parentElement.clientWidth;
    panel.style.transform = `translate(${Math.max(4, Math.min(x, width - 270))}px, 28px)`;
    panel.hidden = false;
    this.button("升序（所有人看到的顺序都会变）", () => this.on.sort(column, false));
    this.button("降序（所有人看到的顺序都会变）", () => this.on.sort(column, true));
    const test = sheet.filter && sheet.filter.tests.get(column);
    const label = element("label", "", panel);
    label.textContent = "含有";
    const words = element("input", "", label);
    words.value = (test && test.words) || "";
    words.addEventListener("keydown", (event) => event.key === "Enter" && this.apply(words));
    this.box = element("fieldset", "", panel);
    element("legend", "", this.box).textContent = "只看这些值（筛选只影响自己）";
    words.focus();
    const { values, more } = await sheet.server.values(column);
    this.tick(values, test && test.allowed, more);
    this.button("筛选", () => this.apply(words), "main");
    this.button("取消这一列的筛选", () => this.finish(null));
  }

  tick(values, allowed, more) {
    const every = this.check("（全选）", !allowed);
    this.ticks = values.map(([text, count]) => this.check(text || "（空白）", !allowed || allowed.includes(text), text, count));
    every.addEventListener("change", () => this.ticks.forEach((one) => (one.checked = every.checked)));
    this.total = values.length;
    if (more) element("p", "", this.box).textContent = "值太多，只列出一部分；请用“含有”。";
    this.more = more;
  }

  check(words, checked, value, count) {
    const label = element("label", "tick", this.box);
    const box = element("input", "", label);
    box.type = "checkbox";
    box.checked = checked;
    box.value = value === undefined ? "" : value;
    element("span", "", label).textContent = count ? `${words}（${count}）` : words;
    return box;
  }

  button(words, act, look) {
    const made = element("button", look || "", this.panel);
    made.type = "button";
    made.textContent = words;
    made.addEventListener("click", () => {
      this.close();
      act();
    });
  }

  apply(words) {
    const ticked = (this.ticks || []).filter((one) => one.checked).map((one) => one.value);
    const all = !this.ticks || ticked.length === this.total;
    const test = all && !words.value ? null : { words: words.value, allowed: all ? null : ticked };
    this.finish(test);
  }

  finish(test) {
    this.close();
    this.on.filter(this.column, test);
  }

  close() {
    this.panel.hidden = true;
    this.on.closed();
  }
}
