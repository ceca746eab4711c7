// Days of a filter: 本周, 上月 and their like, and years, months and days as a tree.

/** @typedef {{ from: string, until: string }} Period first and last day, as "2026-11-24"; "" for open */

export const PERIODS = ["今天", "昨天", "本周", "上周", "本月", "上月", "今年"];

const DAY = 86400000; // ms

/** @param {number} ms */
const text = (ms) => new Date(ms).toISOString().slice(0, 10);

/**
 * The days that a word of PERIODS means; weeks begin on Monday.
 * @param {string} name
 * @param {string} day
 * @returns {Period}
 */
export function period(name, day) {
  const now = Date.parse(day);
  const date = new Date(now);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  const monday = now - ((date.getUTCDay() + 6) % 7) * DAY;
  /** @type {Record<string, [number, number]>} */
  const periods = {
    今天: [now, now],
    昨天: [now - DAY, now - DAY],
    本周: [monday, monday + 6 * DAY],
    上周: [monday - 7 * DAY, monday - DAY],
    本月: [Date.UTC(year, month, 1), Date.UTC(year, month + 1, 0)],
    上月: [Date.UTC(year, month - 1, 1), Date.UTC(year, month, 0)],
    今年: [Date.UTC(year, 0, 1), Date.UTC(year, 11, 31)],
  };
  const [from, until] = periods[name] || [now, now];
  return { from: text(from), until: text(until) };
}

/** Today where the browser is, as "2026-11-24". */
export function today() {
  const now = new Date();
  return text(Date.UTC(now.getFullYear(), now.getMonth(), now.getDate()));
}

/**
 * Days by year and month, the latest first; texts that are no days stay beside them.
 * @param {[text: string, count: number][]} values
 */
export function tree(values) {
  /** @type {Map<string, Map<string, [text: string, count: number][]>>} */
  const years = new Map();
  /** @type {[text: string, count: number][]} */
  const others = [];
  for (const value of values) {
    const [, year, month] = /^(\d{4})-(\d\d)-\d\d$/.exec(value[0]) || [];
    if (!year || !month) {
      others.push(value);
      continue;
    }
    const months = years.get(year) || new Map();
    years.set(year, months.set(month, [...(months.get(month) || []), value]));
  }
  return { years: new Map([...years].sort(([a], [b]) => b.localeCompare(a))), others };
}
