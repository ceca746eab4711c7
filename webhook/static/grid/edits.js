// What one does to a tab, and how one takes back one's own: never what somebody else did since.

import { parseTable, shown, writeHtml, writeTable } from "./text.js";

const MOST_COPIED = 20000; // rows

export class Edits {
  constructor(sheet, tell) {
    this.sheet = sheet;
    this.server = sheet.server;
    this.tell = tell; // tell(sentence, { label, act })
    this.done = [];
    this.undone = [];
    this.pending = 0; // edits that are not yet in what is shown
  }

  /** Why a cell can't be edited; empty where it can. */
  refusal(column) {
    const of = this.sheet.columns[column];
    if (!of) return "这里没有列。";
    return of.owned ? `「${of.header}」由系统填写，改了也会被还原。` : "";
  }

  /** Write cells { row, at, column, to, was }; what was refused is said, with a way to write it all the same. */
  async set(cells, { pasted = false, remember = true, sure = false, prepare = async () => {} } = {}) {
    const { sheet } = this;
    const mine = cells.filter((one) => !this.refusal(one.column));
    if (mine.length < cells.length) this.tell(this.refusal(cells.find((one) => this.refusal(one.column)).column));
    if (!mine.length) return [];
    let before = [];
    const keys = mine.map((one) => sheet.key(one.at, one.column));
    mine.forEach((one, at) => {
      sheet.mine.set(keys[at], one);
      if (one.seed) one.seed.used = true;
    });
    sheet.onChange(false);
    let results = [];
    this.pending += 1;
    try {
      const reply = await this.server.edit(async () => {
        await prepare();
        before = mine.map((one) => this.stands(one));
        return [{ op: "set", cells: mine.map((one) => asked(one, pasted, sure)) }];
      });
      results = reply.results[0];
      mine.forEach((one, at) => one.seed && results[at].row && (one.seed.row = results[at].row));
      sheet.change(reply.change);
      await sheet.reached(reply.change.version);
      if (remember) this.remember(reply, mine, results, before);
      this.sayRefused(mine, results, pasted);
    } catch (error) {
      this.tell(error.message);
    } finally {
      this.pending -= 1;
      this.server.onState();
      mine.forEach((one, at) => sheet.mine.get(keys[at]) === one && sheet.mine.delete(keys[at]));
      sheet.onChange(false);
    }
    return results;
  }

  /** What stands in the cell of a target now: a formula or a value. */
  stands(one) {
    const at = this.sheet.where(one);
    return at < 0 ? "" : this.sheet.raw(at, one.column);
  }

  remember(reply, cells, results, before) {
    const rows = new Map();
    for (const part of reply.change.sheets)
      if (part.sheet === this.server.sheet) for (const [id, v, f] of part.rows) rows.set(id, { v, f });
    const kept = [];
    results.forEach((result, at) => {
      if (result.error) return;
      const { column } = cells[at];
      const row = rows.get(result.row) || { v: [] };
      const after = (row.f && row.f[column]) || (row.v[column] === undefined ? "" : row.v[column]);
      kept.push({ row: result.row, column, before: before[at] === undefined ? "" : before[at], after });
    });
    if (kept.length) this.push({ kind: "set", cells: kept });
  }

  push(step) {
    this.done.push(step);
    if (this.done.length > 200) this.done.shift();
    this.undone = [];
  }

  sayRefused(cells, results, pasted) {
    const refused = cells.filter((_, at) => results[at] && results[at].error);
    if (!refused.length) return;
    const first = results[cells.indexOf(refused[0])];
    if (first.why !== "changed") {
      const lost = refused.map((one) => one.to).filter(Boolean).join("、");
      this.tell(first.error + (lost ? `您输入的是：${lost}` : ""));
      return;
    }
    const now = shown(first.now, this.sheet.columns[refused[0].column].pattern);
    const said = refused.length === 1
      ? `这一格刚被别人改成「${now}」，您的「${refused[0].to}」没有写入。`
      : `${refused.length} 格刚被别人改过，没有写入。`;
    this.tell(said, { label: "仍然写入我的", act: () => this.set(refused, { pasted, sure: true }) });
  }

  // Rows
  async insert(position, after, count) {
    const { sheet } = this;
    const op = { op: "insert", row: sheet.id(position), at: Math.max(1, position), after, count };
    const reply = await this.ask([op]);
    if (reply) this.push({ kind: "insert", op, rows: reply.results[0].rows });
    return reply ? reply.results[0].rows : [];
  }

  async remove(positions) {
    const rows = positions.map((position) => this.sheet.id(position)).filter(Boolean);
    if (!rows.length) return;
    const reply = await this.ask([{ op: "delete", rows }]);
    if (!reply) return;
    this.push({ kind: "delete", rows, token: reply.results[0].token });
    this.tell(`删除了 ${reply.results[0].count} 行。`, { label: "撤销", act: () => this.undo() });
  }

  async sort(column, down) {
    const reply = await this.ask([{ op: "sort", column, down }]);
    if (reply) this.push({ kind: "sort", column, down, token: reply.results[0].token });
  }

  async ask(ops) {
    this.pending += 1;
    try {
      const reply = await this.server.edit(ops);
      this.sheet.change(reply.change);
      await this.sheet.reached(reply.change.version);
      return reply;
    } catch (error) {
      this.tell(error.message);
      return null;
    } finally {
      this.pending -= 1;
      this.server.onState();
    }
  }

  // Taking back
  async undo() {
    const step = this.done.pop();
    if (!step) return this.tell("没有可以撤销的了。");
    if (await this.reverse(step, false)) this.undone.push(step);
    return undefined;
  }

  async redo() {
    const step = this.undone.pop();
    if (!step) return this.tell("没有可以重做的了。");
    if (await this.reverse(step, true)) this.done.push(step);
    return undefined;
  }

  async reverse(step, again) {
    if (step.kind === "set") return this.reverseSet(step, again);
    if (step.kind === "insert") return again ? this.insertAgain(step) : this.reverseInsert(step);
    if (!again) return Boolean(await this.ask([{ op: "back", token: step.token }]));
    const op = step.kind === "sort" ? { op: "sort", column: step.column, down: step.down } : { op: "delete", rows: step.rows };
    const reply = await this.ask([op]);
    if (reply) step.token = reply.results[0].token;
    return Boolean(reply);
  }

  async reverseSet(step, again) {
    const cells = step.cells.map((one) => ({
      row: one.row,
      at: Math.max(0, this.sheet.order.indexOf(one.row)),
      column: one.column,
      to: again ? one.after : one.before,
      was: again ? one.before : one.after,
    }));
    const reply = await this.ask([{ op: "set", cells: cells.map(({ row, at, column, to, was }) => ({ row, at, column, to, was })) }]);
    if (!reply) return false;
    const refused = reply.results[0].filter((one) => one.error);
    if (refused.length)
      this.tell(refused[0].why === "changed" ? `${refused.length} 格后来被别人改过，没有动。` : refused[0].error);
    return refused.length < cells.length;
  }

  async reverseInsert(step) {
    const filled = step.rows.some((id) => ((this.sheet.rows.get(id) || {}).v || []).some((value) => value !== ""));
    if (filled) {
      this.tell("加的行里已经有内容，没有撤销。");
      return false;
    }
    return Boolean(await this.ask([{ op: "delete", rows: step.rows }]));
  }

  async insertAgain(step) {
    const reply = await this.ask([step.op]);
    if (reply) step.rows = reply.results[0].rows;
    return Boolean(reply);
  }

  // Areas { top, bottom, left, right } in lines and columns
  cells(area, to) {
    const found = [];
    for (let line = area.top; line <= area.bottom; line++)
      for (let column = area.left; column <= area.right; column++) {
        const at = this.sheet.position(line);
        if (at === undefined) continue;
        found.push({ ...this.sheet.target(at), column, to: to(line, column), was: this.sheet.raw(at, column) });
      }
    return found;
  }

  clear(area) {
    const cells = this.cells(area, () => "").filter((one) => one.was !== "");
    const free = cells.filter((one) => !this.refusal(one.column));
    if (cells.length && !free.length) return this.tell(this.refusal(cells[0].column));
    return this.set(free, { pasted: true });
  }

  /** The first line of the area in all its lines. */
  async fill(area, from = area.top) {
    const source = this.sheet.target(this.sheet.position(from));
    const cells = this.cells(area, () => "").filter((one) => one.at !== source.at && !this.refusal(one.column));
    const prepare = async () => {
      await this.read(cells);
      for (const one of cells) one.to = this.stands({ ...source, column: one.column }) || "";
    };
    return this.set(cells, { pasted: true, prepare });
  }

  /** Have the rows of these cells here, and know what their author is about to replace where he could not see it. */
  async read(cells) {
    const places = cells.map((one) => this.sheet.where(one)).filter((at) => at > 0);
    if (places.length) await this.sheet.whole(Math.min(...places), Math.max(...places));
    for (const one of cells) if (one.was === undefined) one.was = this.stands(one);
  }

  /** What the clipboard is given: plain text and a table; null while rows are still on their way. */
  copied(area) {
    const { sheet } = this;
    if (area.bottom - area.top >= MOST_COPIED) {
      this.tell(`一次最多复制 ${MOST_COPIED} 行；整个工作簿请用导出。`);
      return null;
    }
    const rows = [];
    for (let line = area.top; line <= area.bottom; line++) {
      const at = sheet.position(line);
      const row = [];
      for (let column = area.left; column <= area.right; column++) {
        const value = sheet.value(at, column);
        if (value === undefined) {
          this.tell("有的行还没有读到，请再复制一次。");
          return null;
        }
        row.push({ value, text: sheet.text(at, column), pattern: sheet.columns[column].pattern });
      }
      rows.push(row);
    }
    const text = writeTable(rows.map((row) => row.map((one) => one.text)));
    this.own = { text, rows };
    return { text, html: writeHtml(rows) };
  }

  /** Paste a table at the selection; one that is smaller than the selection is repeated in it. */
  paste(text, area) {
    const own = this.own && this.own.text === text.replace(/\r\n?/g, "\n");
    const table = own ? this.own.rows.map((row) => row.map((one) => one.value)) : parseTable(text);
    const height = table.length;
    const width = Math.max(...table.map((row) => row.length));
    const over = (have, need) => (have % need === 0 ? have : need);
    const lines = over(area.bottom - area.top + 1, height);
    const across = Math.min(over(area.right - area.left + 1, width), this.sheet.columns.length - area.left);
    const whole = { top: area.top, bottom: area.top + lines - 1, left: area.left, right: area.left + across - 1 };
    const cells = this.cells(whole, (line, column) => {
      const cell = table[(line - whole.top) % height][(column - whole.left) % width];
      return cell === undefined ? "" : cell;
    });
    const free = cells.filter((one) => !this.refusal(one.column));
    const left = new Set(cells.filter((one) => this.refusal(one.column)).map((one) => this.sheet.columns[one.column].header));
    const set = this.set(free, { pasted: true, prepare: () => this.read(free) });
    if (left.size) this.tell(`${[...left].map((name) => `「${name}」`).join("")}由系统填写，粘贴时跳过了。`);
    if (width > this.sheet.columns.length - area.left) this.tell("粘贴的内容比剩下的列多，多出的列没有粘贴。");
    return { whole, set };
  }
}

function asked({ row, at, seed, column, to, was }, pasted, sure) {
  const cell = seed ? { row: seed.row, at: seed.at, column, to } : { row, at, column, to };
  if (!sure && was !== undefined) cell.was = was;
  if (pasted) cell.pasted = true;
  return cell;
}
