// One tab as the browser knows it: the order of row ids, the rows seen so far, and what was typed but not yet answered.

import { Marks } from "./marks.js";
import { splicing } from "./splice.js";
import { shown } from "./text.js";

/** @import { Change, Column, Layout, Reader, SheetChange, Test, Value } from "./server.js" */

const BLOCK = 200; // rows in one request
const MOST_HELD = 20000; // rows kept in memory; far ones are asked for again
export const MOST_FETCHED = 20000; // rows that are fetched because they are selected
const BELOW = 100; // empty rows shown under the last
const PATIENCE = 4000; // ms for a change that is late
const AGAIN = 2000; // ms until rows that could not be read are asked for again

/** @typedef {{ v: Value[], f: Record<string, string> }} Row values, and formulas by column */

/**
 * A row that was never written.
 * @typedef {object} Seed
 * @property {number} row its id, once it has one
 * @property {number} at where it stands
 * @property {boolean} used
 * @property {number} version at which it got its id; what is shown may be older
 */

/**
 * The row that a cell belongs to: an id, or a seed that gets its id when the row is written.
 * @typedef {object} Target
 * @property {number} row id; 0: never written
 * @property {number} at position at which it was taken
 * @property {Seed} [seed]
 */

/** @typedef {Target & { column: number, to: Value, was?: Value }} Cell a cell to write; `was` undefined: its author could not see it */

/** @typedef {(position: number) => number} Moved where the row of a position stands now */

/**
 * What a sheet tells.
 * @typedef {object} SheetEvents
 * @property {(all: boolean) => void} change something else is to be shown; all: also other rows or columns
 * @property {(moved: Moved) => void} move rows moved
 * @property {(version: number) => void} version everything up to this version is in what is shown
 * @property {() => boolean} unanswered asks whether an edit of ours waits for its reply, which brings a change
 */

export class Sheet {
  /** @type {number[]} ids from the top; 0: never written */
  order = [];
  /** @type {Map<number, Row>} rows that are here, by id */
  rows = new Map();
  /** @type {Map<string, Cell>} typed and not yet answered, by `key` */
  mine = new Map();
  /** @type {Map<number, Seed>} by position */
  seeds = new Map();
  /** @type {Column[]} */
  columns = [];
  /** @type {Layout} */
  layout = { widths: {}, hidden: [], wrap: false };
  /** @type {{ tests: Map<number, Test>, ids: Set<number> } | null} the filter in force */
  filter = null;
  /** @type {number[] | null} positions shown while filtered */
  view = null;
  version = 0;
  title = "";

  #marks = new Marks([], []);
  /** @type {Map<number, Test>} the filter that was asked for last, by column */
  #wanted = new Map();
  /** @type {Set<number>} blocks that are asked for */
  #asking = new Set();
  /** @type {Map<number, Change>} changes that came before the one that they follow */
  #early = new Map();
  #loads = 0; // under way
  #loaded = 0; // the version at which it was last read as a whole
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #patience;

  /**
   * @param {Reader} server
   * @param {Partial<SheetEvents>} [on]
   */
  constructor(server, on = {}) {
    this.server = server;
    /** @type {SheetEvents} */
    this.on = { change: () => {}, move: () => {}, version: () => {}, unanswered: () => false, ...on };
  }

  /** Reads the tab as a whole. Rejects where it can't be read; what is here stays then. */
  async load() {
    this.#loads += 1;
    try {
      await this.#read();
    } finally {
      this.#loads -= 1;
    }
    this.#drain();
    this.on.change(true);
  }

  /** Looks anew; where the server can't be reached, again until it can. */
  refresh() {
    this.load().catch(() => setTimeout(() => this.refresh(), AGAIN));
  }

  async #read() {
    const [head, order] = await Promise.all([this.server.open(), this.server.order()]);
    const columns = head.version < order.version ? (await this.server.open()).columns : head.columns;
    const before = this.order;
    this.title = head.title;
    this.columns = columns;
    this.layout = head.layout;
    this.lay();
    this.#marks = new Marks(columns, head.colors);
    this.order = Array.from(order.ids);
    this.version = this.#loaded = order.version;
    this.rows.clear();
    if (before.length) this.#resettle(before);
    if (this.#wanted.size) await this.#find(this.#wanted);
  }

  /** Gives the columns this person's widths, and hides those that he hid. */
  lay() {
    for (const column of this.columns) {
      column.width = this.layout.widths[column.header] ?? column.width;
      column.hidden = this.layout.hidden.includes(column.header);
    }
  }

  /**
   * After looking anew: what stood on a row goes on standing on it.
   * @param {number[]} before
   */
  #resettle(before) {
    const places = new Map(this.order.map((id, at) => [id, at]));
    const moved = (/** @type {number} */ position) => (before[position] && places.get(before[position])) || position;
    this.#moveSeeds(moved);
    this.on.move(moved);
  }

  // Positions. Position 0 is the header; a line is what is drawn, the n-th row under the header that is shown.
  get lines() {
    return this.view ? this.view.length : Math.max(this.free - 1 + BELOW, 30);
  }

  /**
   * @param {number} line
   * @returns {number | undefined} undefined where a filter shows no such line
   */
  position(line) {
    return this.view ? this.view[line] : line + 1;
  }

  /**
   * @param {number} position
   * @returns {number} -1 where a filter hides it
   */
  line(position) {
    return this.view ? this.view.indexOf(position) : position - 1;
  }

  /** @param {number} position */
  id(position) {
    return this.order[position] || 0;
  }

  /**
   * Where the row of a target stands now; -1 when it is gone.
   * @param {Target} target
   */
  where(target) {
    const { seed } = target;
    if (seed && this.#isComing(seed)) return seed.at;
    const row = seed ? seed.row : target.row;
    return row ? this.order.indexOf(row) : target.at;
  }

  /**
   * What a cell of the row at a position is addressed by.
   * @param {number} position
   * @returns {Target}
   */
  target(position) {
    const row = this.id(position);
    if (row) return { row, at: position };
    const seed = this.seeds.get(position) || { row: 0, at: position, used: false, version: 0 };
    this.seeds.set(position, seed);
    return { row, at: position, seed };
  }

  /** Rows that are shown and hold something, without the empty ones under them. */
  get used() {
    return this.view ? this.view.length : Math.max(this.order.length - 1, 0);
  }

  /** The first position under all rows, and under those that are just being written here. */
  get free() {
    const mine = [...this.seeds.values()].filter((seed) => seed.used).map((seed) => seed.at + 1);
    return Math.max(this.order.length, ...mine);
  }

  // Reading
  /**
   * @param {number} position
   * @returns {Row | undefined} undefined while it is not here, and where nothing was ever written
   */
  row(position) {
    const id = this.id(position);
    return id ? this.rows.get(id) : undefined;
  }

  /**
   * @param {number} position
   * @param {number} column
   */
  key(position, column) {
    const id = this.id(position);
    return `${id || "@" + position}:${column}`;
  }

  /**
   * The value as the server has it: undefined while it is not here yet.
   * @param {number} position
   * @param {number} column
   * @returns {Value | undefined}
   */
  value(position, column) {
    const row = this.row(position);
    if (row) return row.v[column] ?? "";
    return this.id(position) ? undefined : "";
  }

  /**
   * Whether the cell of a line holds anything; undefined while it is not here.
   * @param {number} line
   * @param {number} column
   */
  isFilled(line, column) {
    const position = this.position(line);
    if (position === undefined) return false;
    if (this.mine.has(this.key(position, column))) return this.text(position, column) !== "";
    const value = this.value(position, column);
    return value === undefined ? undefined : value !== "";
  }

  /**
   * What its editor begins with: a formula, or the value.
   * @param {number} position
   * @param {number} column
   */
  raw(position, column) {
    return this.row(position)?.f[column] || this.value(position, column);
  }

  /**
   * How the cell reads now, with what is typed and not yet answered.
   * @param {number} position
   * @param {number} column
   */
  text(position, column) {
    const typed = this.mine.get(this.key(position, column));
    return shown(typed ? typed.to : this.value(position, column), this.columns[column]?.pattern);
  }

  /**
   * What 校验 says of the cells of a row: sentences by column.
   * @param {number} position
   */
  problemsOf(position) {
    return this.#marks.problems(this.#marks.checkAt < 0 ? "" : this.value(position, this.#marks.checkAt));
  }

  /**
   * @param {number} position
   * @param {number} column
   * @returns {string} six hex digits, or ""
   */
  color(position, column) {
    return this.#marks.color(column, () => this.text(position, column));
  }

  // Fetching
  /**
   * Asks for the rows of these lines that are not here.
   * @param {number} first
   * @param {number} last
   */
  need(first, last) {
    const blocks = new Set();
    for (let line = Math.max(0, first); line <= Math.min(last, this.lines - 1); line++) {
      const position = this.position(line);
      if (position !== undefined && this.#isMissing(position)) blocks.add(Math.floor(position / BLOCK));
    }
    for (const block of blocks) void this.#fetch(block);
  }

  /** @param {number} position */
  #isMissing(position) {
    const id = this.id(position);
    return Boolean(id) && !this.rows.has(id);
  }

  /** @param {number} block */
  async #fetch(block) {
    if (this.#asking.has(block)) return;
    this.#asking.add(block);
    let pause = 300; // ms until it may be asked for again
    try {
      await this.#take(block);
      if (this.rows.size > MOST_HELD) this.#forget(block);
    } catch {
      pause = AGAIN;
    }
    setTimeout(() => {
      this.#asking.delete(block);
      if (pause === AGAIN) this.on.change(false); // what is drawn then asks again
    }, pause);
    this.on.change(false);
  }

  /**
   * Has the rows of a block here. A row that is here stays as it is: a change may have come since the server read the block.
   * A block that was read before the tab was read as a whole is older than what is shown, and asked for again.
   * @param {number} block
   */
  async #take(block) {
    const read = () => this.server.rows(block * BLOCK, (block + 1) * BLOCK);
    let reply = await read();
    if (reply.version < this.#loaded) reply = await read();
    for (const [id, v, f] of reply.rows) if (id && !this.rows.has(id)) this.rows.set(id, { v, f: f || {} });
  }

  /** @param {number} block the rows near which stay */
  #forget(block) {
    const near = new Set(this.order.slice(Math.max(0, (block - 10) * BLOCK), (block + 11) * BLOCK));
    for (const id of this.rows.keys()) if (!near.has(id)) this.rows.delete(id);
  }

  /**
   * Has all rows of these positions here.
   * @param {number} first
   * @param {number} last
   */
  async whole(first, last) {
    for (let block = Math.floor(first / BLOCK); block <= Math.floor(last / BLOCK); block++) {
      let position = Math.max(first, block * BLOCK);
      const end = Math.min(last, (block + 1) * BLOCK - 1);
      while (position <= end && !this.#isMissing(position)) position++;
      if (position <= end) await this.#take(block);
    }
  }

  // Changes: each is applied once, in the order of the versions
  /** @param {Change} change */
  change(change) {
    if (change.version > this.version) this.#early.set(change.version, change);
    if (!this.#loads) this.#drain();
  }

  #drain() {
    for (const version of this.#early.keys()) if (version <= this.version) this.#early.delete(version);
    for (let change = this.#early.get(this.version + 1); change; change = this.#early.get(this.version + 1)) {
      this.#early.delete(change.version);
      this.version = change.version;
      for (const part of change.sheets) if (part.sheet === this.server.sheet) this.#apply(part);
    }
    this.on.version(this.version);
    clearTimeout(this.#patience);
    if (this.#early.size) this.#patience = setTimeout(() => this.#missed(), PATIENCE);
  }

  /** A change did not come. What an edit of ours made comes with its reply; any other is lost, so look anew. */
  #missed() {
    if (this.on.unanswered()) this.#drain();
    else if (this.#early.size) this.refresh();
  }

  /** @param {SheetChange} part */
  #apply(part) {
    if (part.shape) {
      this.refresh();
      return;
    }
    for (const [id, v, f] of part.rows) this.rows.set(id, { v, f: f || {} });
    if (part.splice) this.#splice(...part.splice);
    this.on.change(Boolean(part.splice));
  }

  /**
   * @param {number} at
   * @param {number} removed
   * @param {number[]} ids
   */
  #splice(at, removed, ids) {
    const gone = this.order.slice(at, at + removed);
    const moved = splicing(gone, at, ids, at + removed === this.order.length);
    this.order = this.order.slice(0, at).concat(ids, this.order.slice(at + removed));
    this.#moveSeeds(moved);
    const left = new Set(ids);
    for (const id of gone) if (id && !left.has(id)) this.rows.delete(id);
    if (this.filter) this.#show(this.filter.ids);
    this.on.move(moved);
  }

  /**
   * Whether a row that was never written is not among those that are shown: it has no id yet, or the change that gave it one
   * is still to come.
   * @param {Seed} seed
   */
  #isComing(seed) {
    return !seed.row || seed.version > this.version;
  }

  /**
   * Never written rows that are being typed into make way for rows that somebody else wrote in their place: where one of
   * them does, all go below the others, as far from each other as they were. No two ever stand at one position.
   * @param {Moved} moved
   */
  #moveSeeds(moved) {
    const seeds = [...this.seeds.values()].filter((seed) => this.#isComing(seed));
    const places = seeds.map((seed) => moved(seed.at));
    const free = new Set(places).size === seeds.length && places.every((at) => !this.order[at]);
    const down = free ? 0 : this.order.length - seeds.reduce((least, seed) => Math.min(least, seed.at), Infinity);
    this.seeds.clear();
    for (const [place, seed] of seeds.entries()) {
      seed.at = free ? places[place] ?? seed.at : seed.at + down;
      this.seeds.set(seed.at, seed);
    }
  }

  // Filters: which rows is the server's to say, since it has them all
  /** @param {Map<number, Test>} tests */
  async #find(tests) {
    const { ids } = await this.server.find(listed(tests));
    if (tests !== this.#wanted) return; // another filter was asked for meanwhile
    this.filter = { tests, ids: new Set(ids) };
    this.#show(this.filter.ids);
  }

  /** What the filter in force wants, as the server is asked. */
  tests() {
    return this.filter ? listed(this.filter.tests) : [];
  }

  /** @param {Set<number>} ids */
  #show(ids) {
    this.view = [];
    for (const [position, id] of this.order.entries()) if (position && ids.has(id)) this.view.push(position);
  }

  /**
   * Shows only rows whose cell in a column (-1: any) passes a test; null takes the test of that column away. Rejects where
   * the server can't be asked; the filter stays as it was.
   * @param {number} column
   * @param {Test | null} test
   */
  async filterBy(column, test) {
    const tests = new Map(this.#wanted);
    if (test) tests.set(column, test);
    else tests.delete(column);
    this.#wanted = tests;
    if (!tests.size) {
      this.unfilter();
      return;
    }
    try {
      await this.#find(tests);
    } catch (error) {
      if (tests === this.#wanted) this.#wanted = this.filter ? this.filter.tests : new Map();
      throw error;
    }
    this.on.change(true);
  }

  /** Shows all rows. */
  unfilter() {
    this.#wanted = new Map();
    this.filter = this.view = null;
    this.on.change(true);
  }
}

/** @param {Map<number, Test>} tests by column */
const listed = (tests) => [...tests].map(([column, test]) => ({ column, ...test }));
