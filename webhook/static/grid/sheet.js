// One tab as the browser knows it: the order of row ids, the rows seen so far, and what was typed but not yet answered.

import { shown } from "./text.js";

const BLOCK = 200; // rows in one request
const MOST_HELD = 20000; // rows kept in memory; far ones are asked for again
const BELOW = 100; // empty rows shown under the last

export class Sheet {
  constructor(server) {
    this.server = server;
    this.order = []; // ids from the top; 0: never written
    this.rows = new Map(); // id → { v: values, f: formulas by column }
    this.mine = new Map(); // "id|at:column" → { text, column } typed and not yet answered
    this.asking = new Set();
    this.seeds = new Map(); // position → the never written row that is being typed into
    this.early = new Map(); // changes that came before the one they follow
    this.expected = []; // who waits for which version
    this.filter = null; // { ids: Set, tests: Map(column → test) }
    this.view = null; // positions shown while filtered
    this.version = 0;
    this.onChange = () => {};
    this.onMove = () => {};
    this.problems = new Map();
  }

  async load() {
    const before = this.order;
    this.loading = (this.loading || 0) + 1;
    try {
      await this.reload();
      if (before.length) this.resettle(before);
    } finally {
      this.loading -= 1;
    }
    this.drain();
    this.onChange(true);
  }

  /** After looking anew: what stood on a row goes on standing on it. */
  resettle(before) {
    const places = new Map(this.order.map((id, at) => [id, at]));
    const moved = (position) => (before[position] && places.get(before[position])) || position;
    this.moveSeeds(moved);
    this.onMove(moved);
  }

  async reload() {
    const [head, order] = await Promise.all([this.server.open(), this.server.order()]);
    Object.assign(this, { title: head.title, note: head.note, size: head.size, columns: head.columns });
    this.colors = head.colors.map((one) => ({
      ...one,
      at: head.columns.findIndex((column) => column.header === one.column),
    }));
    this.checkAt = head.columns.findIndex((column) => column.key === "check");
    this.order = Array.from(order.ids);
    this.version = order.version;
    if (head.version < order.version) this.columns = (await this.server.open()).columns;
    this.rows.clear();
    this.problems.clear();
    if (this.filter) await this.refilter();
  }

  // Positions. Position 0 is the header; a line is what is drawn, the n-th row under the header that is shown.
  get lines() {
    return this.view ? this.view.length : Math.max(this.order.length - 1 + BELOW, 30);
  }

  position(line) {
    return this.view ? this.view[line] : line + 1;
  }

  line(position) {
    return this.view ? this.view.indexOf(position) : position - 1;
  }

  id(position) {
    return this.order[position] || 0;
  }

  /** Where the row of a target stands now; -1 when it is gone. */
  where(target) {
    const row = target.seed ? target.seed.row : target.row;
    if (row) return this.order.indexOf(row);
    return target.seed ? target.seed.at : target.at;
  }

  /** What a cell of a row is addressed by: an id, or for a never written row a seed that gets its id when written. */
  target(position) {
    const row = this.id(position);
    if (row) return { row, at: position };
    if (!this.seeds.has(position)) this.seeds.set(position, { row: 0, at: position });
    return { row, at: position, seed: this.seeds.get(position) };
  }

  // Reading
  row(position) {
    const id = this.id(position);
    return id ? this.rows.get(id) : undefined;
  }

  key(position, column) {
    const id = this.id(position);
    return `${id || "@" + position}:${column}`;
  }

  /** The value as the server has it: undefined while it is not here yet. */
  value(position, column) {
    const row = this.row(position);
    if (row) return row.v[column] === undefined ? "" : row.v[column];
    return this.id(position) ? undefined : "";
  }

  /** What one would edit: a formula, or the value. */
  raw(position, column) {
    const row = this.row(position);
    const formula = row && row.f && row.f[column];
    return formula || this.value(position, column);
  }

  /** How the cell reads now, with what is typed and not yet answered. */
  text(position, column) {
    const typed = this.mine.get(this.key(position, column));
    if (typed !== undefined) return shown(typed.to, this.columns[column].pattern);
    return shown(this.value(position, column), this.columns[column].pattern);
  }

  /** What 校验 says of the cells of a row: sentences by column. */
  problemsOf(position) {
    if (this.checkAt < 0) return NONE;
    const said = this.value(position, this.checkAt);
    if (!said || typeof said !== "string") return NONE;
    let found = this.problems.get(said);
    if (!found) {
      found = new Map();
      for (const sentence of said.split(/(?=[A-Z]{1,2}列「)/)) {
        const named = /^[A-Z]{1,2}列「(.+?)」/.exec(sentence);
        const at = named ? this.columns.findIndex((column) => column.header === named[1]) : -1;
        if (at >= 0) found.set(at, (found.get(at) || "") + sentence.trim());
      }
      if (this.problems.size > 5000) this.problems.clear();
      this.problems.set(said, found);
    }
    return found;
  }

  color(position, column) {
    for (const one of this.colors) {
      if (one.at !== column) continue;
      const text = this.text(position, column);
      if ((one.filled && text) || (one.starts && text.startsWith(one.starts)) || one.when.includes(text)) return one.color;
    }
    return "";
  }

  /** Ask for the rows of these lines that are not here. */
  need(first, last) {
    const wanted = new Set();
    for (let line = first; line <= Math.min(last, this.lines - 1); line++) {
      const position = this.position(line);
      const id = this.id(position);
      if (id && !this.rows.has(id)) wanted.add(Math.floor(position / BLOCK));
    }
    for (const block of wanted) this.fetch(block);
  }

  async fetch(block) {
    if (this.asking.has(block)) return;
    this.asking.add(block);
    try {
      const { rows } = await this.server.rows(block * BLOCK, (block + 1) * BLOCK);
      if (this.rows.size > MOST_HELD) this.forget(block);
      for (const [id, v, f] of rows) if (id && !this.rows.has(id)) this.rows.set(id, { v, f });
      this.onChange(false);
    } finally {
      setTimeout(() => this.asking.delete(block), 300);
    }
  }

  forget(block) {
    const near = new Set(this.order.slice(Math.max(0, (block - 10) * BLOCK), (block + 11) * BLOCK));
    for (const id of this.rows.keys()) if (!near.has(id)) this.rows.delete(id);
  }

  /** All rows of these positions, fetched where they are not here. */
  async whole(first, last) {
    for (let block = Math.floor(first / BLOCK); block <= Math.floor(last / BLOCK); block++) {
      const from = Math.max(first, block * BLOCK);
      const to = Math.min(last, (block + 1) * BLOCK - 1);
      let missing = false;
      for (let position = from; position <= to; position++) if (this.id(position) && !this.row(position)) missing = true;
      if (missing) {
        const { rows } = await this.server.rows(block * BLOCK, (block + 1) * BLOCK);
        for (const [id, v, f] of rows) if (id && !this.rows.has(id)) this.rows.set(id, { v, f });
      }
    }
  }

  // Changes: each is applied once, in the order of the versions
  change(change) {
    if (change.version <= this.version) return;
    this.early.set(change.version, change);
    if (!this.loading) this.drain();
  }

  /** Resolves once the change of that version, and all before it, are in what is shown. */
  reached(version) {
    if (this.version >= version) return Promise.resolve();
    return new Promise((resolve) => this.expected.push({ version, resolve }));
  }

  drain() {
    for (const version of this.early.keys()) if (version <= this.version) this.early.delete(version);
    while (this.early.has(this.version + 1)) {
      const one = this.early.get(this.version + 1);
      this.early.delete(this.version + 1);
      this.version += 1;
      for (const part of one.sheets) if (part.sheet === this.server.sheet) this.apply(part);
    }
    this.expected = this.expected.filter((one) => {
      if (one.version <= this.version) one.resolve();
      return one.version > this.version;
    });
    clearTimeout(this.waiting);
    if (this.early.size) this.waiting = setTimeout(() => this.missed(), 1500);
  }

  /** A change did not come. One that an edit of ours made comes with its reply; any other is lost, so look anew. */
  missed() {
    if (this.server.queue.length) this.drain();
    else if (this.early.size) this.load();
  }

  /** The first position under all rows, and under those that one is just writing. */
  get free() {
    const mine = [...this.seeds.values()].filter((seed) => seed.used).map((seed) => seed.at + 1);
    return Math.max(this.order.length, ...mine);
  }

  apply(part) {
    if (part.shape) {
      this.load();
      return;
    }
    this.size = part.size;
    for (const [id, v, f] of part.rows) this.rows.set(id, { v, f });
    if (part.splice) this.splice(...part.splice);
    this.onChange(Boolean(part.splice));
  }

  splice(at, removed, ids) {
    const gone = this.order.slice(at, at + removed);
    const grown = at + removed === this.order.length && ids.length >= removed; // rows below are not pushed down
    const moved = (position) => {
      if (position < at) return position;
      if (position >= at + removed) return grown ? position : position + ids.length - removed;
      const found = gone[position - at] ? ids.indexOf(gone[position - at]) : position - at;
      return found >= 0 ? at + found : at + Math.min(position - at, Math.max(0, ids.length - 1));
    };
    if (ids.length < 20000) this.order.splice(at, removed, ...ids);
    else this.order = this.order.slice(0, at).concat(ids, this.order.slice(at + removed));
    this.moveSeeds(moved);
    const left = new Set(ids);
    for (const id of gone) if (id && !left.has(id)) this.rows.delete(id);
    if (this.filter) this.show();
    this.onMove(moved);
  }

  /** Never written rows that one is typing into make way for rows that somebody else wrote in their place. */
  moveSeeds(moved) {
    const seeds = [...this.seeds.values()].filter((seed) => !seed.row);
    this.seeds.clear();
    for (const seed of seeds) seed.at = moved(seed.at);
    const taken = seeds.filter((seed) => this.order[seed.at]);
    const down = taken.length ? this.order.length - Math.min(...taken.map((seed) => seed.at)) : 0;
    for (const seed of seeds) {
      if (down) seed.at += down;
      this.seeds.set(seed.at, seed);
    }
  }

  // Filters: which rows is the server's to say, since it has them all
  async refilter() {
    const { tests } = this.filter;
    const { ids } = await this.server.find([...tests].map(([column, test]) => ({ column, ...test })));
    this.filter.ids = new Set(ids);
    this.show();
    this.onChange(true);
  }

  show() {
    this.view = [];
    for (let position = 1; position < this.order.length; position++)
      if (this.filter.ids.has(this.order[position])) this.view.push(position);
  }

  async filterBy(column, test) {
    const tests = new Map(this.filter ? this.filter.tests : []);
    if (test) tests.set(column, test);
    else tests.delete(column);
    if (!tests.size) {
      this.filter = this.view = null;
      this.onChange(true);
      return;
    }
    this.filter = { tests, ids: new Set() };
    await this.refilter();
  }
}

const NONE = new Map();
