// Where rows stand after some gave way to others.

/** @import { Moved } from "./sheet.js" */

/**
 * Where the rows of positions stand after a splice: `gone` at `at` gave way to `ids`.
 * @param {number[]} gone
 * @param {number} at
 * @param {number[]} ids
 * @param {boolean} last whether nothing stood below
 * @returns {Moved}
 */
export function splicing(gone, at, ids, last) {
  const grown = last && ids.length >= gone.length; // rows below are not pushed down
  return (position) => {
    if (position < at) return position;
    if (position >= at + gone.length) return grown ? position : position + ids.length - gone.length;
    const id = gone[position - at];
    const place = id ? ids.indexOf(id) : position - at;
    return at + (place >= 0 ? place : Math.min(position - at, Math.max(0, ids.length - 1)));
  };
}
