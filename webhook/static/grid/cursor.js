// The row on which the cursor stands: it is followed when rows move.

/** @import { Selection } from "./view.js" */
/** @import { Moved, Sheet, Target } from "./sheet.js" */

/**
 * @typedef {object} Stood
 * @property {number} line
 * @property {boolean} below under all rows that were there when the cursor came
 * @property {Target} target the row
 */

export class Cursor {
  /** @type {Stood | null} null where no row is shown */
  stood = null;

  /** @param {Sheet} sheet */
  constructor(sheet) {
    this.sheet = sheet;
  }

  /**
   * Stands on the row of a line. One that was empty stays an empty one, also when somebody else writes in its place.
   * @param {number} line
   */
  stand(line) {
    const seed = this.stood && this.stood.target.seed;
    if (seed && !seed.used && this.sheet.seeds.get(seed.at) === seed) this.sheet.seeds.delete(seed.at);
    const position = this.sheet.position(line);
    this.stood = position === undefined ? null
      : { line, below: position >= this.sheet.order.length, target: this.sheet.target(position) };
  }

  /**
   * Stands on the row that is being written.
   * @param {number} line
   * @param {Target} target
   */
  write(line, target) {
    this.stood = { line, below: false, target };
  }

  /** Whether it was sent under all rows, and nothing was typed there since. */
  get onEmpty() {
    return Boolean(this.stood && this.stood.below && !this.stood.target.seed?.used);
  }

  /**
   * The selection after rows moved: it goes with the row.
   * @param {Selection} selection
   * @param {Moved} moved
   * @returns {Selection}
   */
  followed({ line, column, line2, column2 }, moved) {
    const stood = this.stood && this.stood.line === line ? this.stood : null;
    const position = stood ? this.sheet.where(stood.target) : -1;
    const top = (position > 0 ? position : Math.max(1, moved(line + 1))) - 1;
    if (stood && position > 0) stood.line = top;
    return { line: top, column, line2: Math.max(0, top + line2 - line), column2 };
  }
}
