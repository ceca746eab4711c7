// The page: tabs, tools, and words to the person.

import { Finder } from "./find.js";
import { Grid } from "./grid.js";
import { closeMenus, listenToMenus } from "./menus.js";
import { Outgoing, newId } from "./outgoing.js";
import { actionButton, byId, element } from "./page.js";
import { Server, watch } from "./server.js";
import { Sheet } from "./sheet.js";

/** @import { Tell } from "./edits.js" */
/** @import { History } from "./steps.js" */
/** @import { Change } from "./server.js" */

/** @typedef {HTMLElement & { grid?: Grid }} Root `grid`: for tests in a browser */

const MOST_OWN = 500; // ids of answered edits that are remembered

class Page {
  /** @type {Root} */
  root = byId("grid", HTMLElement);
  /** @type {Grid | null} the tab that is shown; null while one is read */
  grid = null;
  /** @type {Sheet | null} the tab that is being read, to be shown then */
  #opening = null;
  /** @type {Map<number, History>} what can be taken back in each tab outlives a change of tabs */
  #histories = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #told;
  #live = true;
  #id = newId();
  /** @type {Set<string>} ids of edits of this page that were answered: their changes are told once more to all */
  #own = new Set();
  /** asks for changes now */
  #ask = () => {};
  #version = 0; // of the workbook, as the server told it last without saying what changed
  outgoing = new Outgoing({ state: () => this.state(), change: (change) => this.#answered(change) });

  finder = new Finder(() => this.grid, (...told) => this.tell(...told));

  /**
   * Reads a tab, then shows it. The one before goes at once: what is typed meanwhile must not fall into it. Rejects where
   * the tab can't be read; then none is shown.
   * @param {number} id
   */
  async open(id) {
    const sheet = new Sheet(new Server(id), {
      version: (version) => {
        if (sheet === this.grid?.sheet) this.outgoing.shown(version);
      },
      unanswered: () => Boolean(this.outgoing.next),
    });
    this.#close();
    this.#opening = sheet;
    try {
      await sheet.load();
    } catch (error) {
      if (this.#opening !== sheet) return;
      this.#opening = null;
      this.outgoing.shown(Infinity); // nothing is shown that could lack them
      throw error;
    }
    if (this.#opening === sheet) this.#show(id, sheet); // else another tab was asked for meanwhile
  }

  #close() {
    this.grid?.close();
    this.grid = null;
    delete this.root.grid;
    for (const tab of tabs()) tab.removeAttribute("aria-current");
  }

  /**
   * @param {number} id
   * @param {Sheet} sheet
   */
  #show(id, sheet) {
    const history = this.#histories.get(id) || { done: [], undone: [] };
    this.#histories.set(id, history);
    this.#opening = null;
    this.grid = this.root.grid = new Grid(this.root, sheet, this.outgoing, history, this.tell, this.finder);
    this.outgoing.shown(sheet.version);
    this.#catchUp();
    for (const tab of tabs())
      if (Number(tab.dataset.sheet) === id) {
        tab.setAttribute("aria-current", "page");
        tab.scrollIntoView({ block: "nearest", inline: "nearest" });
      }
  }

  /** @type {Tell} */
  tell = (words, action) => {
    const news = byId("said", HTMLElement);
    news.textContent = "";
    element("span", "", news).textContent = words;
    if (action) {
      actionButton(action.label, "", news, () => {
        news.textContent = "";
        action.act();
        this.grid?.editor.stand();
      });
    }
    clearTimeout(this.#told);
    this.#told = setTimeout(() => (news.textContent = ""), action ? 60000 : 12000);
  };

  state() {
    const { trouble, edits } = this.outgoing;
    const words = {
      "": edits.length ? "正在保存…" : this.#live ? "已保存" : "正在重新连接…",
      offline: `连不上服务器，${edits.length} 处修改还没有保存，会自动再试`,
      "signed out": `登录已经过期，${edits.length} 处修改还没有保存：请在另一个窗口用链接重新进入，不要关这一页`,
    };
    const state = byId("state", HTMLElement);
    if (state.textContent !== words[trouble]) state.textContent = words[trouble];
    state.className = trouble ? "late" : "quiet";
  }

  /** @param {Change} change what the server did for an edit of this page */
  #answered(change) {
    if (this.#own.size > MOST_OWN) this.#own.clear();
    this.#own.add(change.asked);
    this.#apply(change, true);
  }

  /**
   * Takes a change into what is shown, and into what will be.
   * @param {Change} change
   * @param {boolean} own whether an edit of this page led to it
   */
  #apply(change, own) {
    if (!own && change.did && change.sheets.some((part) => part.sheet === this.grid?.sheet.server.sheet))
      this.tell(`${change.by}${change.did}`);
    if (change.tabs) byId("reload", HTMLElement).hidden = false;
    if (!own) for (const part of change.sheets) if (part.shape) this.#forget(part.sheet);
    this.#opening?.change(change);
    this.grid?.change(change, own);
    if (this.grid && this.grid.sheet.version < change.version) this.#ask(); // others changed something before it
    if (!this.#opening && !this.grid) this.outgoing.shown(change.version);
  }

  /**
   * Somebody else's columns came or went: steps of before name columns that are others now.
   * @param {number} id
   */
  #forget(id) {
    for (const steps of Object.values(this.#histories.get(id) || {})) steps.length = 0;
  }

  /** Looks anew where something changed that was not told. */
  #catchUp() {
    if (this.grid && this.grid.sheet.version < this.#version) this.grid.sheet.refresh();
  }

  /** Where this page stands, as the end of an address. */
  #standing() {
    if (!this.grid) return "";
    const { sheet, view } = this.grid;
    const { line, column } = view.selection;
    const row = sheet.id(sheet.position(line) ?? -1);
    return `&page=${this.#id}&sheet=${sheet.server.sheet}&row=${row}&column=${column}`;
  }

  /** @param {number} version at which the workbook is */
  #hear(version) {
    this.#version = Math.max(this.#version, version);
    this.#catchUp();
  }

  /** Asks for changes, from now on. What an edit of this page did comes with its reply. */
  watch() {
    this.#ask = watch({
      change: (change) => {
        if (!this.outgoing.expects(change.asked)) this.#apply(change, this.#own.delete(change.asked));
      },
      others: (places) => this.grid?.view.meet(places.filter((place) => place.sheet === this.grid?.sheet.server.sheet)),
      standing: () => this.#standing(),
      stale: (version) => this.#hear(version),
      state: (live) => {
        this.#live = live;
        this.state();
      },
    });
  }
}

/** @returns {NodeListOf<HTMLElement>} */
function tabs() {
  return document.querySelectorAll("#tabs a");
}

/**
 * @param {Page} page
 * @param {number} id
 */
function open(page, id) {
  page.open(id).catch((error) => page.tell(`打不开这个工作表：${error.message}`));
}

/** Where the address stands: the sheet that it names, else the first. */
function addressed() {
  return Number(location.hash.slice(1)) || Number(tabs()[0]?.dataset.sheet);
}

/** @param {Page} page */
function listen(page) {
  // Also a tap on a tab from before this script listened: the browser follows such a link later.
  window.addEventListener("hashchange", () => open(page, addressed()));
  window.addEventListener("beforeunload", (event) => {
    if (page.outgoing.edits.length) event.preventDefault();
  });
  for (const tab of tabs())
    tab.addEventListener("click", (event) => {
      event.preventDefault();
      history.replaceState(null, "", `#${tab.dataset.sheet}`);
      open(page, Number(tab.dataset.sheet));
    });
  /** @type {NodeListOf<HTMLElement>} */
  const buttons = document.querySelectorAll("[data-command]");
  for (const button of buttons)
    button.addEventListener("click", () => {
      closeMenus();
      page.grid?.commands.run(button.dataset.command || "", button.getBoundingClientRect());
    });
  listenToMenus(() => page.grid?.editor.stand());
  document.addEventListener("pointerdown", (event) => {
    const target = event.target instanceof Element ? event.target : document.body;
    if (!target.closest(".panel,.filter") && page.grid)
      for (const panel of page.grid.panels) panel.hidden = true;
  });
  byId("reload", HTMLElement).addEventListener("click", () => location.reload());
}

function start() {
  const page = new Page();
  listen(page);
  page.watch();
  open(page, addressed());
}

start();
