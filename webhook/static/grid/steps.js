// What was done here, step by step: taken back, and done again.

import { resultsOf, wordsOf } from "./server.js";

/** @import { Edits } from "./edits.js" */
/** @import { Op, Value } from "./server.js" */

/** @typedef {{ row: number, column: number, before: Value, after: Value }} Written */

/**
 * What can be taken back, and done again. `made`: rows that it brought about; `token`: brings them back.
 * @typedef {{ kind: "set", cells: Written[], made: number[], token: string }
 *   | { kind: "insert", op: Op, rows: number[] }
 *   | { kind: "delete", rows: number[], token: string }
 *   | { kind: "sort", op: Op, token: string }
 *   | { kind: "moveColumn", column: number, to: number }
 *   | { kind: "addColumn" | "dropColumn", column: number, token: string }} Step
 */

/** @typedef {{ done: Step[], undone: Step[] }} History the last step is the latest */

export class Steps {
  /** @param {Edits} edits */
  constructor(edits) {
    this.edits = edits;
  }

  undo() {
    const { done, undone } = this.edits.history;
    return this.#next(done, undone, "没有可以撤销的了。", (step) => this.#reverse(step));
  }

  redo() {
    const { done, undone } = this.edits.history;
    return this.#next(undone, done, "没有可以重做的了。", (step) => this.#repeat(step));
  }

  /**
   * Moves the last step of one list to the other, once all that was done before is answered.
   * @param {Step[]} from
   * @param {Step[]} to
   * @param {string} none what is told where there is none
   * @param {(step: Step) => Promise<Step | null>} turn null where nothing was done
   */
  #next(from, to, none, turn) {
    const before = this.edits.answered;
    return this.edits.act(async () => {
      await before;
      const step = from.pop();
      if (!step) {
        this.edits.tell(none);
        return;
      }
      const turned = await turn(step);
      if (turned) to.push(turned);
    });
  }

  /**
   * @param {Step} step
   * @returns {Promise<Step | null>} the step as it can be done again; null where nothing was taken back
   */
  async #reverse(step) {
    if (step.kind === "set") return this.#unset(step);
    if (step.kind === "insert") return (await this.#removeEmpty(step.rows)) ? step : null;
    if (step.kind === "moveColumn") return (await this.edits.ask(movedBack(step))) ? step : null;
    /** @type {Op} */
    const op = step.kind === "addColumn" ? { op: "dropColumn", column: step.column, empty: true } : { op: "back", token: step.token };
    return (await this.edits.ask(op)) ? step : null;
  }

  /**
   * Takes back what was written; rows that it brought about go with it where nothing else stands in them.
   * @param {Extract<Step, { kind: "set" }>} step
   */
  async #unset(step) {
    const cells = step.cells.map(({ before, after, ...cell }) => ({ ...cell, to: before, was: after }));
    /** @type {Op[]} */
    const then = step.made.length ? [{ op: "delete", rows: step.made, empty: true }] : [];
    const reply = await this.#write([], cells, then);
    const outcome = reply?.results[1];
    return reply && { ...step, token: (outcome && !Array.isArray(outcome) && outcome.token) || "" };
  }

  /**
   * @param {Step} step
   * @returns {Promise<Step | null>} the step as it can be taken back now; null where nothing was done
   */
  async #repeat(step) {
    if (step.kind === "set") {
      const cells = step.cells.map(({ before, after, ...cell }) => ({ ...cell, to: after, was: before }));
      return (await this.#write(step.token ? [{ op: "back", token: step.token }] : [], cells, [])) && { ...step, token: "" };
    }
    if (step.kind === "insert") {
      const outcome = await this.edits.ask(step.op);
      return outcome && { ...step, rows: outcome.rows || [] };
    }
    const outcome = await this.edits.ask(repeated(step));
    return outcome && ("token" in step ? { ...step, token: outcome.token || "" } : step);
  }

  /**
   * Writes cells where what is expected still stands; null where none was written.
   * @param {Op[]} first what is done before
   * @param {{ row: number, column: number, to: Value, was: Value }[]} cells
   * @param {Op[]} then what is done after
   */
  async #write(first, cells, then) {
    const { sheet } = this.edits;
    const heads = cells.some((cell) => cell.row === sheet.id(0)); // a column's name
    try {
      const reply = await this.edits.outgoing.add(sheet.server.sheet, () => {
        /** @type {Op} */
        const set = { op: "set", cells: cells.map((cell) => ({ ...cell, at: 0 })) };
        return [...first, set, ...then];
      });
      if (heads) sheet.refresh();
      const refused = resultsOf(reply).filter((result) => result.error);
      const cause = refused[0];
      if (cause) this.edits.tell(cause.why === "changed" ? `${refused.length} 格后来被别人改过，没有动。` : cause.error || "");
      return refused.length < cells.length ? reply : null;
    } catch (error) {
      this.edits.tell(wordsOf(error));
      return null;
    }
  }

  /** @param {number[]} rows */
  async #removeEmpty(rows) {
    if (rows.some((id) => this.edits.sheet.rows.get(id)?.v.some((value) => value !== ""))) {
      this.edits.tell("加的行里已经有内容，没有撤销。");
      return false;
    }
    return Boolean(await this.edits.ask({ op: "delete", rows }));
  }
}

/**
 * @param {Exclude<Step, { kind: "set" | "insert" }>} step
 * @returns {Op} what does it again
 */
function repeated(step) {
  if (step.kind === "sort") return step.op;
  if (step.kind === "moveColumn") return { op: "moveColumn", column: step.column, to: step.to };
  return step.kind === "delete" ? { op: "delete", rows: step.rows } : { op: step.kind, column: step.column };
}

/**
 * What moves a column back that was moved.
 * @param {{ column: number, to: number }} step
 * @returns {Op}
 */
function movedBack({ column, to }) {
  const at = to > column ? to - 1 : to;
  return { op: "moveColumn", column: at, to: column > at ? column + 1 : column };
}
