// What people do to a tab, and how they take back their own: never what somebody else did since.

import { resultsOf, wordsOf } from "./server.js";
import { Steps } from "./steps.js";
import { shown } from "./text.js";

/** @import { CellMessage, CellResult, EditReply, Op, Outcome, SortKey, Value } from "./server.js" */
/** @import { Outgoing } from "./outgoing.js" */
/** @import { Cell, Sheet, Target } from "./sheet.js" */
/** @import { History, Step, Written } from "./steps.js" */

const MOST_WRITTEN = 50000; // cells in one edit, by the server
const MOST_KNOWN = 50000; // cells of which it is known what this page wrote there
const MOST_STEPS = 200; // that can be taken back
const MOST_TOLD = 20; // cells that are told when they are not written

/** @typedef {(words: string, action?: { label: string, act: () => void }) => void} Tell shows a sentence, with something to do about it */

export class Edits {
  /** @type {Map<string, Value>} what this page wrote last into cells, by row and column */
  #written = new Map();
  /** @type {Promise<unknown>} resolves once all that people did here so far is answered, and can be taken back */
  answered = Promise.resolve();
  #steps = new Steps(this);

  /**
   * @param {Sheet} sheet
   * @param {Outgoing} outgoing
   * @param {History} history
   * @param {Tell} tell
   */
  constructor(sheet, outgoing, history, tell) {
    this.sheet = sheet;
    this.outgoing = outgoing;
    this.history = history;
    this.tell = tell;
  }

  /**
   * Why a cell can't be edited; empty where it can.
   * @param {number} column
   */
  refusal(column) {
    const head = this.sheet.columns[column];
    if (!head) return "这里没有列。";
    return head.owned ? `「${head.header}」由系统填写，改了也会被还原。` : "";
  }

  /**
   * Writes cells; what is refused is told, with a way to write it all the same.
   * @param {Cell[]} cells
   * @param {object} [how]
   * @param {boolean} [how.pasted] nothing becomes a formula
   * @param {boolean} [how.sure] whatever stands there by now
   * @param {() => Promise<void>} [how.prepare] what must be known before the cells are sent
   */
  set(cells, { pasted = false, sure = false, prepare = async () => {} } = {}) {
    return this.act(() => this.#set(cells, pasted, sure, prepare));
  }

  /**
   * Does something that can be taken back; taking back waits for it, since its step is known only with its answer.
   * @template T
   * @param {() => Promise<T>} act
   * @returns {Promise<T>}
   */
  act(act) {
    const answer = act();
    this.answered = Promise.allSettled([this.answered, answer]);
    return answer;
  }

  /**
   * @param {Cell[]} cells
   * @param {boolean} pasted
   * @param {boolean} sure
   * @param {() => Promise<void>} prepare
   */
  async #set(cells, pasted, sure, prepare) {
    const own = cells.filter((cell) => !this.refusal(cell.column));
    const refused = cells.find((cell) => this.refusal(cell.column));
    if (refused) this.tell(this.refusal(refused.column));
    if (own.length > MOST_WRITTEN) this.tell(`一次最多改 ${MOST_WRITTEN} 格，这里有 ${own.length} 格，没有写入，请分几次。`);
    if (!own.length || own.length > MOST_WRITTEN) return;
    /** @type {Value[]} */
    let before = [];
    /** @type {number[]} */
    let made = [];
    const hide = this.#showTyped(own);
    try {
      const reply = await this.outgoing.add(this.sheet.server.sheet, async () => {
        await prepare();
        before = own.map((cell) => this.stands(cell));
        return [{ op: "set", cells: own.map((cell, place) => message(this.#expecting(cell, before[place]), pasted, sure)) }];
      }, (answer) => {
        made = giveIds(own, answer);
        if (this.#written.size > MOST_KNOWN) this.#written.clear();
        for (const { row, column, after } of this.#writtenBy(answer, own, before)) this.#written.set(`${row}:${column}`, after);
      });
      this.#remember(this.#writtenBy(reply, own, before), made);
      this.#tellRefused(own, resultsOf(reply), pasted);
    } catch (error) {
      this.tell(wordsOf(error) + lost(own));
    } finally {
      hide();
    }
  }

  /**
   * Shows what is typed before the server answers; returns how to end that.
   * @param {Cell[]} cells
   * @returns {() => void}
   */
  #showTyped(cells) {
    const { sheet } = this;
    const typed = cells.map((cell) => ({ key: sheet.key(cell.at, cell.column), cell }));
    for (const { key, cell } of typed) {
      sheet.mine.set(key, cell);
      if (cell.seed) cell.seed.used = true;
    }
    sheet.on.change(false);
    return () => {
      for (const { key, cell } of typed) if (sheet.mine.get(key) === cell) sheet.mine.delete(key);
      sheet.on.change(false);
    };
  }

  /**
   * What stands in the cell of a target now, a formula or a value; "" where it is not here.
   * @param {Target & { column: number }} cell
   * @returns {Value}
   */
  stands(cell) {
    const at = this.sheet.where(cell);
    return at < 0 ? "" : this.sheet.raw(at, cell.column) ?? "";
  }

  /**
   * A cell with what must still stand there: what its author saw, or what this page itself wrote there since, when somebody
   * types twice into a cell before the first is answered.
   * @param {Cell} cell
   * @param {Value | undefined} now what stands there
   * @returns {Cell}
   */
  #expecting(cell, now) {
    const row = cell.seed ? cell.seed.row : cell.row;
    const own = row && now !== undefined && this.#written.get(`${row}:${cell.column}`) === now;
    return own && cell.was !== undefined ? { ...cell, was: now } : cell;
  }

  /**
   * The cells that were written, as they stand then.
   * @param {EditReply} reply
   * @param {Cell[]} cells
   * @param {Value[]} before what stood in each
   * @returns {Written[]}
   */
  #writtenBy(reply, cells, before) {
    const rows = new Map();
    for (const part of reply.change.sheets)
      if (part.sheet === this.sheet.server.sheet) for (const [id, v, f] of part.rows) rows.set(id, { v, f: f || {} });
    const written = [];
    for (const [place, result] of resultsOf(reply).entries()) {
      const cell = cells[place];
      if (result.error || !result.row || !cell) continue;
      const row = rows.get(result.row);
      const after = row ? row.f[cell.column] || (row.v[cell.column] ?? "") : "";
      written.push({ row: result.row, column: cell.column, before: before[place] ?? "", after });
    }
    return written;
  }

  /**
   * @param {Written[]} cells
   * @param {number[]} made
   */
  #remember(cells, made) {
    if (cells.length) this.#push({ kind: "set", cells, made, token: "" });
  }

  /** @param {Step} step */
  #push(step) {
    const { done, undone } = this.history;
    done.push(step);
    if (done.length > MOST_STEPS) done.shift();
    undone.length = 0;
  }

  /**
   * @param {Cell[]} cells
   * @param {CellResult[]} results
   * @param {boolean} pasted
   */
  #tellRefused(cells, results, pasted) {
    const refused = cells.filter((_, place) => results[place]?.error);
    const first = results.find((result) => result.error);
    const cell = refused[0];
    if (!first || !cell) return;
    if (first.why !== "changed") {
      this.tell((first.error || "") + lost(refused));
      return;
    }
    const now = shown(first.now, this.sheet.columns[cell.column]?.pattern);
    const words = refused.length === 1
      ? `这一格刚被别人改成「${now}」，您的「${cell.to}」没有写入。`
      : `${refused.length} 格刚被别人改过，没有写入。`;
    this.tell(words, { label: "仍然写入我的", act: () => void this.set(refused, { pasted, sure: true }) });
  }

  // Rows
  /**
   * New empty rows above or below a position; their ids.
   * @param {number} position
   * @param {boolean} after
   * @param {number} count
   * @returns {Promise<number[]>} empty where it was refused
   */
  async insert(position, after, count) {
    /** @type {Op} */
    const op = { op: "insert", row: this.sheet.id(position), at: Math.max(1, position), after, count };
    const outcome = await this.#do(op, (answer) => ({ kind: "insert", op, rows: answer.rows || [] }));
    return outcome?.rows || [];
  }

  /** @param {number[]} positions */
  async remove(positions) {
    const rows = positions.map((position) => this.sheet.id(position)).filter(Boolean);
    if (!rows.length) return;
    const outcome = await this.#do({ op: "delete", rows }, ({ token = "" }) => ({ kind: "delete", rows, token }));
    if (!outcome) return;
    this.tell(`删除了 ${outcome.count} 行。`, { label: "撤销", act: () => void this.undo() });
  }

  /**
   * @param {number} column
   * @param {boolean} down
   * @param {SortKey[]} [then] what rows are sorted by that are equal there
   */
  async sort(column, down, then = []) {
    /** @type {Op} */
    const op = { op: "sort", column, down, then };
    await this.#do(op, ({ token = "" }) => ({ kind: "sort", op, token }));
  }

  // Columns
  /** @param {number} column where the new one will stand */
  async addColumn(column) {
    await this.#do({ op: "addColumn", column }, () => ({ kind: "addColumn", column, token: "" }));
  }

  /**
   * @param {number} column
   * @param {number} to before which it will stand, as the columns stand now
   */
  async moveColumn(column, to) {
    return this.#do({ op: "moveColumn", column, to }, () => ({ kind: "moveColumn", column, to }));
  }

  /** @param {number} column */
  async dropColumn(column) {
    const outcome = await this.#do({ op: "dropColumn", column }, ({ token = "" }) => ({ kind: "dropColumn", column, token }));
    if (!outcome) return;
    this.tell("删除了一列。", { label: "撤销", act: () => void this.undo() });
  }

  /**
   * Has the server do an op, and remembers how it is taken back.
   * @param {Op} op
   * @param {(answer: Outcome) => Step} step
   * @returns {Promise<Outcome | null>} null where it was refused, which is told
   */
  #do(op, step) {
    return this.act(async () => {
      const answer = await this.ask(op);
      if (answer) this.#push(step(answer));
      return answer;
    });
  }

  /**
   * Has the server do an op that is no "set"; resolves once it is shown, to null where it was refused, which is told.
   * @param {Op} op
   * @returns {Promise<Outcome | null>}
   */
  async ask(op) {
    try {
      const { results } = await this.outgoing.add(this.sheet.server.sheet, () => [op]);
      return results[0] && !Array.isArray(results[0]) ? results[0] : {};
    } catch (error) {
      this.tell(wordsOf(error));
      return null;
    }
  }

  // Taking back
  undo() {
    return this.#steps.undo();
  }

  redo() {
    return this.#steps.redo();
  }
}

/**
 * What was typed and is not written, so that it is not lost; the beginning of it where it is much.
 * @param {Cell[]} cells
 */
function lost(cells) {
  const typed = cells.map((cell) => cell.to).filter((value) => value !== "");
  return typed.length ? `您输入的是：${typed.slice(0, MOST_TOLD).join("、")}${typed.length > MOST_TOLD ? "……" : ""}` : "";
}

/**
 * Never written rows that now are: what is typed into them next goes by their ids.
 * @param {Cell[]} cells
 * @param {EditReply} reply
 * @returns {number[]} the ids of these rows
 */
function giveIds(cells, reply) {
  const made = [];
  for (const [place, result] of resultsOf(reply).entries()) {
    const seed = cells[place]?.seed;
    if (!seed || seed.row || !result.row) continue;
    Object.assign(seed, { row: result.row, version: reply.change.version });
    made.push(result.row);
  }
  return made;
}

/**
 * @param {Cell} cell
 * @param {boolean} pasted
 * @param {boolean} sure
 * @returns {CellMessage}
 */
function message({ row, at, seed, column, to, was }, pasted, sure) {
  /** @type {CellMessage} */
  const cell = seed ? { row: seed.row, at: seed.at, column, to } : { row, at, column, to };
  if (!sure && was !== undefined) cell.was = was;
  if (pasted) cell.pasted = true;
  return cell;
}
