// What stands over the values of a tab: sentences of 校验 at their cells, and colours.

/** @import { Color, Column, Value } from "./server.js" */

const MOST_KNOWN = 5000; // texts of 校验 that were taken apart

/** @type {Map<number, string>} */
const NONE = new Map();

export class Marks {
  /** @type {Map<string, Map<number, string>>} what a text of 校验 says, by column */
  #problems = new Map();

  /**
   * @param {Column[]} columns
   * @param {Color[]} colors
   */
  constructor(columns, colors) {
    this.columns = columns;
    this.checkAt = columns.findIndex((column) => column.key === "check"); // the column 校验
    this.colors = colors.map((color) => ({ ...color, at: columns.findIndex((column) => column.header === color.column) }));
  }

  /**
   * Sentences by column.
   * @param {Value | undefined} text of 校验
   */
  problems(text) {
    if (!text || typeof text !== "string") return NONE;
    const known = this.#problems.get(text);
    if (known) return known;
    if (this.#problems.size > MOST_KNOWN) this.#problems.clear();
    const problems = this.#byColumn(text);
    this.#problems.set(text, problems);
    return problems;
  }

  /**
   * @param {string} text
   * @returns {Map<number, string>}
   */
  #byColumn(text) {
    const problems = new Map();
    for (const sentence of text.split(/(?=[A-Z]{1,2}列「)/)) {
      const header = /^[A-Z]{1,2}列「(.+?)」/.exec(sentence)?.[1];
      const at = this.columns.findIndex((column) => column.header === header);
      if (at >= 0) problems.set(at, (problems.get(at) || "") + sentence.trim());
    }
    return problems;
  }

  /**
   * @param {number} column
   * @param {() => string} read how the cell reads
   * @returns {string} six hex digits, or ""
   */
  color(column, read) {
    const colors = this.colors.filter((color) => color.at === column);
    if (!colors.length) return "";
    const text = read();
    const first = colors.find((color) =>
      (color.filled && text) || (color.starts && text.startsWith(color.starts)) || color.when.includes(text));
    return first ? first.color : "";
  }
}
