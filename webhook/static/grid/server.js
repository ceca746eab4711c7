// The server as the grid asks it: rows in blocks, edits one after the other, changes since a version.

/** @typedef {string | number | boolean} Value what stands in a cell; "" for nothing */

/** @typedef {[id: number, values: Value[], formulas?: Record<string, string>]} RowMessage formulas by column, from 0 */

/**
 * A column as the server describes it.
 * @typedef {object} Column
 * @property {string} header
 * @property {number} width pixels
 * @property {string} note
 * @property {string} pattern number format; "" for none
 * @property {boolean} dated its numbers are days or moments
 * @property {string} kind "date", "datetime", …; "" for a column of the bureau's own
 * @property {string} key of the template's column; "" for a column of the bureau's own
 * @property {"" | "issue" | "photos"} link what its cells lead to
 * @property {boolean} [hidden] this person does not see it
 * @property {boolean} verdict a decision about that row alone: a copied row leaves it behind
 * @property {boolean} owned the service fills it in
 * @property {boolean} ours a column of the template
 * @property {string[]} choices values to choose from
 * @property {string[]} initials of each of them, the first letters of its pinyin
 */

/**
 * Which cells of a column are coloured: those that read so, begin so, or are filled.
 * @typedef {object} Color
 * @property {string} column header
 * @property {string} color six hex digits
 * @property {string[]} when
 * @property {string} starts
 * @property {boolean} filled
 */

/**
 * How a person has laid out a tab: pixels by header, headers of hidden columns, whether texts are wrapped.
 * @typedef {{ widths: Record<string, number>, hidden: string[], wrap: boolean }} Layout
 */

/** @typedef {{ version: number, title: string, note: string, size: number, columns: Column[], colors: Color[], layout: Layout }} OpenReply */

/**
 * What changed in a tab. `shape`: columns came, went or moved. `splice`: from a position on, so many rows gave way to these.
 * @typedef {object} SheetChange
 * @property {number} sheet
 * @property {number} size rows
 * @property {boolean} shape
 * @property {RowMessage[]} rows
 * @property {[at: number, removed: number, ids: number[]] | null} splice
 */

/**
 * The step of the workbook from the version before to this one.
 * @typedef {object} Change
 * @property {number} version
 * @property {string} by a person's name; "" for the service
 * @property {string} asked id of the edit that led to it
 * @property {string} did what others should be told of it, in words that follow the name; "" for nothing
 * @property {boolean} tabs whether tabs came, went or changed places
 * @property {SheetChange[]} sheets
 */

/**
 * A cell to write. `row` 0: the never written row at `at`.
 * @typedef {object} CellMessage
 * @property {number} row
 * @property {number} at position, from the header's 0
 * @property {number} column
 * @property {Value} to
 * @property {Value} [was] what its author saw there; none: it is written whatever stands there
 * @property {boolean} [pasted] it is never a formula
 */

/**
 * @typedef {{ op: "set", cells: CellMessage[] }
 *   | { op: "insert", row: number, at: number, after: boolean, count: number }
 *   | { op: "delete", rows: number[], empty?: boolean }
 *   | { op: "back", token: string }
 *   | { op: "sort", column: number, down: boolean, then?: SortKey[] }
 *   | { op: "addColumn", column: number }
 *   | { op: "dropColumn", column: number, empty?: boolean }
 *   | { op: "moveColumn", column: number, to: number }} Op
 */

/** @typedef {{ row?: number, error?: string, why?: "gone" | "changed", now?: Value }} CellResult */

/** @typedef {{ column: number, down: boolean }} SortKey */

/** @typedef {{ rows?: number[], token?: string, count?: number }} Outcome of an insertion, a deletion, a sort */

/** @typedef {CellResult[] | Outcome} OpResult a list for "set" */

/** @typedef {{ results: OpResult[], change: Change }} EditReply */

/**
 * What a filter wants of a column: words, one of the `allowed` values (null: any; days as "2026-11-24"), a number from `from` on and
 * below `until`.
 * @typedef {{ words: string, allowed: string[] | null, from?: number, until?: number }} Test
 */

/** @typedef {{ count: number, numbers: number, sum: number }} SumsReply filled cells, numbers that are no days, their sum */

/**
 * A change of a cell. `by`: empty where it was not made in the grid. `putBack`: the service had filled the cell with `before`, and
 * put that back.
 * @typedef {{ at: string, by: string, before: Value, after: Value, putBack: boolean }} CellChange
 */

/** What can't be done by asking again. The message is for the person. */
export class Refused extends Error {}

/** The server failed over it, and rather will again. The message is for the person. */
export class Failed extends Error {}

/** The session is over: signing in, in another window, makes it possible again. */
export class SignedOut extends Error {}

/**
 * @param {string} address
 * @param {RequestInit} [options]
 * @returns {Promise<Response>} a good answer; rejects with a sentence for the person
 */
export async function request(address, options) {
  const response = await fetch(address, { credentials: "same-origin", ...options });
  if (response.ok) return response;
  if (response.status === 401) throw new SignedOut("登录已经过期，请重新用链接进入。");
  if (response.status === 429) throw new Error("请求太多，稍后再试。");
  if (response.status > 500) throw new Error("服务器出错了，稍后再试。");
  /** @type {{ error?: string }} */
  const body = await response.json().catch(() => ({}));
  if (response.status === 500) throw new Failed(body.error || "服务器出错了，稍后再试。");
  throw new Refused(body.error || "服务器拒绝了。");
}

/**
 * @param {string} address
 * @param {object} body
 */
export function post(address, body) {
  return request(address, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

/**
 * What to tell the person of a failure.
 * @param {unknown} error
 */
export const wordsOf = (error) => (error instanceof Error ? error.message : String(error));

/**
 * @param {EditReply} reply of edits with one "set"
 * @returns {CellResult[]} for each of its cells
 */
export function resultsOf(reply) {
  return reply.results.find((result) => Array.isArray(result)) || [];
}

/** @typedef {{ [Name in keyof Server]: Server[Name] }} Reader what reads a tab as a server does */

/** What is read of one tab. */
export class Server {
  /** @param {number} sheet */
  constructor(sheet) {
    this.sheet = sheet;
  }

  /** @returns {Promise<OpenReply>} */
  async open() {
    return (await request(`/grid/open/${this.sheet}`)).json();
  }

  /**
   * The rows from position `top` up to `bottom`, as they were at a version.
   * @param {number} top
   * @param {number} bottom
   * @returns {Promise<{ version: number, rows: RowMessage[] }>}
   */
  async rows(top, bottom) {
    return (await request(`/grid/rows/${this.sheet}?top=${top}&bottom=${bottom}`)).json();
  }

  /** The ids of all rows from the top, as they stood at a version. */
  async order() {
    const response = await request(`/grid/order/${this.sheet}`);
    const ids = new Uint32Array(await response.arrayBuffer());
    return { version: Number(response.headers.get("X-Version")), ids };
  }

  /**
   * Whether each row, from the header on, holds anything in a column: 0 or 1.
   * @param {number} column
   */
  async filled(column) {
    return new Uint8Array(await (await request(`/grid/filled/${this.sheet}/${column}`)).arrayBuffer());
  }

  /**
   * The values of a column with how often each stands there; `more`: there are more than these.
   * @param {number} column
   * @returns {Promise<{ values: [text: string, count: number][], more: boolean }>}
   */
  async values(column) {
    return (await request(`/grid/values/${this.sheet}/${column}`)).json();
  }

  /**
   * The cells that hold some words, row by row; `more`: there are more than these.
   * @param {string} words
   * @param {boolean} texts only texts in columns of people
   * @param {(Test & { column: number })[]} filters only in rows that pass these
   * @returns {Promise<{ cells: [row: number, column: number][], more: boolean }>}
   */
  async search(words, texts, filters) {
    return (await post(`/grid/search/${this.sheet}`, { words, texts, filters })).json();
  }

  /**
   * Counts and sums columns, ends included, over all rows that pass the filters.
   * @param {number} left
   * @param {number} right
   * @param {(Test & { column: number })[]} filters
   * @returns {Promise<SumsReply>}
   */
  async sums(left, right, filters) {
    return (await post(`/grid/sums/${this.sheet}`, { left, right, filters })).json();
  }

  /**
   * The photos of a row, by their names: before, and after.
   * @param {number} row id
   * @returns {Promise<{ before: string[], after: string[] }>}
   */
  async photos(row) {
    return (await request(`/grid/photos/${this.sheet}/${row}`)).json();
  }

  /**
   * What was changed in a cell, newest first.
   * @param {number} row id
   * @param {number} column
   * @returns {Promise<CellChange[]>}
   */
  async history(row, column) {
    /** @type {{ entries: CellChange[] }} */
    const { entries } = await (await request(`/grid/history/${this.sheet}/${row}/${column}`)).json();
    return entries;
  }

  /**
   * The ids of the rows that pass all tests.
   * @param {(Test & { column: number })[]} filters column -1: any
   * @returns {Promise<{ version: number, ids: number[] }>}
   */
  async find(filters) {
    return (await post(`/grid/find/${this.sheet}`, { filters })).json();
  }
}

/** @typedef {{ person: string, sheet: number, row: number, column: number }} Place where somebody stands; `row`: an id */

/**
 * `stale`: something is not told. `others`: where the people of other pages stand.
 * @typedef {{ version: number, stale: boolean, more: boolean, changes: Change[], others: Place[] }} ChangesReply
 */

const LOOKED_AT = 1000; // ms between two questions while the page is looked at
const HIDDEN = 15000; // the same while it is not
const FAILED = 3000; // the same after a question that was not answered

/**
 * Asks for the changes of the whole workbook, again and again.
 * @param {object} on
 * @param {(change: Change) => void} on.change
 * @param {(version: number) => void} on.stale the workbook is at this version, and not all that led there is told
 * @param {(live: boolean) => void} on.state whether the server answers
 * @param {(places: Place[]) => void} on.others
 * @param {() => string} on.standing where this page stands, as the end of an address; "" for nowhere
 * @returns {() => void} asks now
 */
export function watch(on) {
  /** @type {number | null} the version up to which all is told; null before the first answer */
  let since = null;
  let asking = false;
  let soon = false; // ask again at once when the answer is here
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const hear = (/** @type {ChangesReply} */ reply) => {
    on.state(true);
    if (since === null || reply.stale) on.stale(reply.version);
    for (const change of reply.changes) on.change(change);
    on.others(reply.others);
    since = reply.version;
    soon = soon || reply.more;
  };

  const next = (/** @type {number} */ pause) => {
    asking = false;
    timer = setTimeout(ask, soon ? 0 : pause);
  };

  const ask = () => {
    clearTimeout(timer);
    if (asking) {
      soon = true;
      return;
    }
    asking = true;
    soon = false;
    request(`/grid/changes?${since === null ? "" : `since=${since}`}${on.standing()}`)
      .then((response) => response.json())
      .then(hear)
      .then(() => next(document.hidden ? HIDDEN : LOOKED_AT))
      .catch(() => {
        on.state(false);
        soon = false;
        next(FAILED);
      });
  };

  document.addEventListener("visibilitychange", ask);
  ask();
  return ask;
}
