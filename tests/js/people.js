// People at the grid as far as its code without pictures goes: a cursor, a cell in hand, acts by chance, a line that is slow
// and breaks. The drawn grid is held to the same by tests/browser.

import { Areas } from "../../webhook/static/grid/areas.js";
import { Cursor } from "../../webhook/static/grid/cursor.js";
import { Edits } from "../../webhook/static/grid/edits.js";
import { Outgoing } from "../../webhook/static/grid/outgoing.js";
import { Sheet } from "../../webhook/static/grid/sheet.js";
import { settled } from "./workbook.js";

/** @import { History } from "../../webhook/static/grid/steps.js" */
/** @import { Change, Value } from "../../webhook/static/grid/server.js" */
/** @import { Target } from "../../webhook/static/grid/sheet.js" */
/** @import { Clock } from "./clock.js" */
/** @import { Workbook } from "./workbook.js" */

/** @typedef {(bound: number) => number} Chance whole numbers below a bound */

const ASKED = 1000; // ms between two questions for changes
const BREAKS = 100; // one line in so many breaks, before and after
const MISSED = 60; // one answer in so many tells no change

const sleep = (/** @type {number} */ delay) => new Promise((resolve) => { setTimeout(resolve, delay); });

export class Person {
  /** @type {string[][]} what is to stand in rows of the workbook */
  rows = [];
  /** @type {History} */
  history = { done: [], undone: [] };
  #selection = { line: 0, column: 0, line2: 0, column2: 0 };
  /** @type {(Target & { column: number, was?: Value }) | null} the cell in hand */
  #inHand = null;
  #typed = "";
  #count = 0;
  #soon = false;
  /** @type {Set<string>} edits whose change came with their reply */
  #own = new Set();

  /**
   * @param {string} name
   * @param {Workbook} workbook
   * @param {Chance} random
   * @param {number} lag ms at most
   */
  constructor(name, workbook, random, lag) {
    this.name = name;
    this.workbook = workbook;
    this.random = random;
    this.lag = lag;
    const { reader } = workbook;
    this.outgoing = new Outgoing({ state: () => {}, change: (change) => this.#answered(change) }, (_address, body) => this.#post(body));
    this.sheet = new Sheet(
      { ...reader, open: () => this.#late(reader.open), order: () => this.#late(reader.order), rows: (top, bottom) => this.#late(() => reader.rows(top, bottom)) },
      { version: (version) => this.outgoing.shown(version), unanswered: () => Boolean(this.outgoing.next), move: (moved) => this.#follow(moved) },
    );
    this.edits = new Edits(this.sheet, this.outgoing, this.history, () => {});
    this.areas = new Areas(this.edits);
    this.cursor = new Cursor(this.sheet);
  }

  async open() {
    await this.sheet.load();
    return this;
  }

  // The line
  /**
   * @template T
   * @param {() => Promise<T>} ask
   * @returns {Promise<T>}
   */
  async #late(ask) {
    await sleep(this.random(this.lag));
    const answer = structuredClone(await ask());
    await sleep(this.random(this.lag));
    return answer;
  }

  /**
   * @param {object} body
   * @returns {Promise<Response>}
   */
  async #post(body) {
    await sleep(this.random(this.lag));
    if (this.random(BREAKS) === 0) throw new Error("the line broke before");
    const answer = await this.workbook.post("", structuredClone(body));
    await sleep(this.random(this.lag));
    if (this.random(BREAKS) === 0) throw new Error("the line broke after");
    return answer;
  }

  /** @param {Change} change */
  #answered(change) {
    this.#own.add(change.asked);
    this.#apply(change);
  }

  /** @param {Change} change */
  #apply(change) {
    this.sheet.change(change);
    this.#soon = this.sheet.version < change.version;
  }

  /**
   * Asks for changes, as the page does.
   * @param {() => boolean} ended
   */
  async watch(ended) {
    let since = this.sheet.version;
    while (!ended()) {
      await sleep(this.#soon ? 0 : ASKED);
      this.#soon = false;
      const { version, changes } = await this.#late(async () => ({ version: this.workbook.version, changes: this.workbook.changes.filter((change) => change.version > since) }));
      since = version;
      if (this.random(MISSED) === 0 && this.sheet.version < version) this.sheet.refresh();
      else for (const change of changes) if (!this.outgoing.expects(change.asked)) this.#apply(change);
    }
  }

  // The cursor and the cell in hand, as grid.js and editor.js have them
  /**
   * @param {number} line
   * @param {number} column
   */
  #select(line, column) {
    const at = Math.max(0, Math.min(line, this.sheet.lines - 1));
    this.cursor.stand(at);
    this.#selection = { line: at, column, line2: at, column2: column };
  }

  /** @param {(position: number) => number} moved */
  #follow(moved) {
    this.#selection = this.cursor.followed(this.#selection, moved);
    const position = this.#inHand ? this.sheet.where(this.#inHand) : -1;
    if (position > 0) this.#selection = { ...this.#selection, line: position - 1, line2: position - 1 };
  }

  /** @param {string} text */
  #type(text) {
    const { line, column } = this.#selection;
    if (!this.#inHand) {
      const position = this.sheet.position(line) ?? 0;
      const was = this.sheet.raw(position, column);
      this.#inHand = { ...this.sheet.target(position), column, ...(was === undefined ? {} : { was }) };
      this.#typed = "";
    }
    this.#typed += text;
  }

  #commit() {
    const cell = this.#inHand;
    this.#inHand = null;
    if (!cell) return;
    this.cursor.write(this.#selection.line, cell);
    void this.edits.set([{ ...cell, to: this.#typed }]);
  }

  // What they do
  /** @param {number} count */
  #words(count) {
    this.#count += 1;
    return Array.from({ length: count }, (_, place) => `${this.name}${this.#count}.${place}`);
  }

  /** Now and then a pause. @param {number} most ms */
  async #pause(most) {
    if (this.random(2)) await sleep(this.random(most));
  }

  async #saved() {
    while (this.outgoing.edits.length) await sleep(3);
  }

  #goBelow() {
    this.#select(this.sheet.free - 1 + this.random(3), 0);
  }

  /** @param {string[]} words */
  async #typeRow(words) {
    for (const word of words) {
      this.#type(word.slice(0, 2));
      await this.#pause(40);
      this.#type(word.slice(2));
      await this.#pause(40);
      this.#commit();
      this.#select(this.#selection.line, this.#selection.column + 1);
      await this.#pause(60);
    }
    this.rows.push(words);
  }

  /** @param {string[][]} rows */
  #put(rows) {
    const { line, column } = this.#selection;
    if (this.cursor.onEmpty && line + 1 < this.sheet.order.length) this.#select(this.sheet.free - 1, column);
    const { line: top, line2: bottom, column: left, column2: right } = this.#selection;
    this.areas.paste(rows.map((row) => row.join("\t")).join("\n"), { top, bottom, left, right });
  }

  type = async () => {
    this.#goBelow();
    await this.#typeRow(this.#words(1 + this.random(7)));
  };

  paste = async () => {
    const rows = Array.from({ length: 20 }, () => this.#words(8));
    this.#goBelow();
    await this.#pause(60);
    this.#put(rows);
    this.rows.push(...rows);
  };

  insert = async () => {
    this.#select(this.random(Math.max(1, this.sheet.order.length - 1)), 0);
    const [row] = await this.edits.insert(this.sheet.position(this.#selection.line) ?? 1, false, 1);
    this.#select(this.sheet.line(this.sheet.order.indexOf(row ?? 0)), 0);
    await this.#typeRow(this.#words(2));
  };

  sort = async () => {
    void this.edits.sort(this.random(8), this.random(2) === 0);
  };

  remove = async () => {
    await this.#saved();
    const place = this.random(this.rows.length);
    const first = this.rows[place]?.[0];
    const position = this.sheet.order.findIndex((id) => this.sheet.rows.get(id)?.v[0] === first);
    if (!first || position < 1) return;
    this.#select(this.sheet.line(position), 0);
    await this.#pause(30);
    void this.edits.remove([this.sheet.position(this.#selection.line) ?? 0]);
    this.rows.splice(place, 1);
  };

  undo = async () => {
    await this.#saved();
    this.#goBelow();
    this.#put([this.#words(8)]);
    await this.edits.undo();
  };

  /** @param {number} count of acts */
  async work(count) {
    const { type, paste, insert, sort, remove, undo } = this;
    const acts = [type, type, type, type, type, paste, insert, sort, remove, undo];
    for (let act = 0; act < count; act++) {
      await (acts[this.random(acts.length)] ?? type)();
      await sleep(this.random(80));
    }
    await this.#saved();
  }
}

/**
 * Lets people work until all is saved and all have heard of it.
 * @param {Clock} clock
 * @param {Person[]} people
 * @param {number} count of acts of each
 */
export async function session(clock, people, count) {
  let ended = false;
  const all = Promise.all(people.map((person) => person.open())).then(async () => {
    for (const person of people) void person.watch(() => ended);
    await Promise.all(people.map((person) => person.work(count)));
    await sleep(20 * ASKED);
    ended = true;
  });
  while (!ended) {
    await settled();
    clock.next();
  }
  await all;
}

/**
 * Whole numbers below a bound, the same in every run.
 * @param {number} seed
 * @returns {Chance}
 */
export function seeded(seed) {
  let state = seed;
  return (bound) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * bound);
  };
}
