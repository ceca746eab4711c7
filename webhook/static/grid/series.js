// What follows a row of cells when it is dragged on: 1, 2 → 3; 11-24 → 11-25; 第1条 → 第2条; anything else again from the start.

/** @import { Value } from "./server.js" */

const NEAR = 1e-9; // steps of numbers that differ by less are the same

/**
 * What follows some values.
 * @param {Value[]} values at least one
 * @param {boolean} dated whether numbers among them are days
 * @returns {(n: number) => Value} the value n places after the last, from 0
 */
export function following(values, dated) {
  return numbers(values, dated) || texts(values) || ((n) => values[n % values.length] ?? "");
}

/**
 * @param {Value[]} values
 * @param {boolean} dated
 * @returns {((n: number) => Value) | null} null where they are no series of numbers
 */
function numbers(values, dated) {
  const all = values.filter((value) => typeof value === "number");
  const last = all[all.length - 1];
  if (all.length < values.length || last === undefined || (all.length === 1 && !dated)) return null;
  const step = stepOf(all);
  return step === null ? null : (n) => Number((last + step * (n + 1)).toPrecision(15));
}

/**
 * @param {number[]} all
 * @returns {number | null} the step from each to the next, 1 for a single one; null where the steps differ
 */
function stepOf(all) {
  const steps = all.slice(1).map((value, at) => value - (all[at] ?? 0));
  const first = steps[0] ?? 1;
  return steps.every((step) => Math.abs(step - first) < NEAR) ? first : null;
}

/**
 * @param {Value[]} values
 * @returns {((n: number) => Value) | null} null where they are no texts that differ by their last number alone
 */
function texts(values) {
  const parts = values.map((value) => (typeof value === "string" && /^(.*?)(\d{1,15})(\D*)$/s.exec(value)) || null);
  const first = parts[0];
  if (!first || parts.some((part) => part?.[1] !== first[1] || part?.[3] !== first[3])) return null;
  const counts = parts.map((part) => Number(part?.[2]));
  const step = stepOf(counts);
  const last = counts[counts.length - 1] ?? 0;
  if (step === null || last + step < 0) return null;
  const digits = (first[2] || "").length;
  return (n) => `${first[1]}${String(Math.max(0, last + step * (n + 1))).padStart(digits, "0")}${first[3]}`;
}
