// Texts as a spreadsheet writes them: addresses, dates and numbers as they read, tables to paste and to copy.

/** @import { Value } from "./server.js" */

const DAY = 86400000; // ms
const EPOCH = Date.UTC(1899, 11, 30); // the day of the serial number 0
// What a pattern is made of: texts in quotes, a character behind a backslash, colours and conditions in brackets, fields.
const TOKEN = /"[^"]*"|\\.|\[[^\]]*\]|y+|m+|d+|h+|s+|./gis;
const DIGITS = /[#0?][#0?,]*(?:\.[#0?]*)?/;

/**
 * A for 0, Z for 25, AA for 26.
 * @param {number} column
 */
export function letters(column) {
  let text = "";
  for (let rest = column + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) text = String.fromCharCode(65 + ((rest - 1) % 26)) + text;
  return text;
}

/**
 * How a value reads under a number format; a text reads as it is. `show` of the server's workbook says the same.
 * @param {Value | undefined} value
 * @param {string} [pattern]
 * @returns {string}
 */
export function shown(value, pattern = "") {
  if (value === undefined || value === "") return "";
  if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
  if (typeof value === "string") return value;
  if (!pattern || /^(general|@)$/i.test(pattern)) return general(value);
  const tokens = (pattern.split(";")[0] || "").match(TOKEN) || [];
  return isDate(pattern) ? dated(value, tokens) : counted(value, tokens);
}

/**
 * Whether numbers under this pattern are dates or times.
 * @param {string} pattern
 */
export function isDate(pattern) {
  const fields = (pattern.match(TOKEN) || []).filter((token) => !/^(?:"|\\.|\[)/.test(token)).join("");
  return /[ymdhs]/i.test(fields) && !/[#0]/.test(fields) && !/^general$/i.test(fields);
}

/**
 * A number without a format: ten significant digits, an exponent from 1e15.
 * @param {number} value
 */
function general(value) {
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-9)) return exponent(value);
  if (Number.isInteger(value)) return String(value);
  const places = size >= 1 ? Math.max(0, 10 - String(Math.floor(size)).length) : 10;
  return places ? value.toFixed(places).replace(/\.?0+$/, "") : value.toFixed(0);
}

/** @param {number} value */
function exponent(value) {
  const [mantissa = "", power = ""] = value.toExponential(5).split("e");
  return `${mantissa.replace(/\.?0+$/, "")}E${power.slice(0, 1)}${power.slice(1).padStart(2, "0")}`;
}

/**
 * @param {number} value
 * @param {string[]} tokens
 */
function counted(value, tokens) {
  const pattern = tokens.map((token) => (/^\[/.test(token) ? "" : literal(token))).join("");
  const digits = DIGITS.exec(pattern);
  if (!digits) return pattern;
  const [whole = "", fraction = ""] = digits[0].split(".");
  const scaled = Math.abs(value) * 100 ** (pattern.split("%").length - 1);
  const [head = "", tail = ""] = halfUp(scaled, fraction.length).split(".");
  const zeros = (whole.match(/0/g) || []).length;
  const padded = zeros ? head.padStart(zeros, "0") : head.replace(/^0+/, "");
  const grouped = whole.includes(",") ? padded.replace(/\B(?=(\d{3})+$)/g, ",") : padded;
  const certain = fraction.replace(/#+$/, "").length;
  const places = tail.slice(0, certain) + tail.slice(certain).replace(/0+$/, "");
  const text = pattern.replace(digits[0], fraction ? `${grouped}.${places}` : grouped);
  return (value < 0 && /[1-9]/.test(text) ? "-" : "") + text;
}

/**
 * Rounded by the number as it is written: 1.005 to two places is 1.01, as in a spreadsheet.
 * @param {number} value not negative
 * @param {number} places
 */
function halfUp(value, places) {
  const text = String(value);
  return text.includes("e") ? value.toFixed(places) : Number(`${Math.round(Number(`${text}e${places}`))}e-${places}`).toFixed(places);
}

/** @param {string} token */
function literal(token) {
  if (token.startsWith('"')) return token.slice(1, -1);
  return token.startsWith("\\") ? token.slice(1) : token;
}

/**
 * @param {number} serialNumber
 * @param {string[]} tokens
 */
function dated(serialNumber, tokens) {
  const moment = new Date(EPOCH + Math.round(serialNumber * DAY));
  return tokens.map((token, place) => field(token.toLowerCase(), moment, isMinute(tokens, place)) ?? literal(token)).join("");
}

/**
 * Whether an "m" stands for minutes: right after hours or right before seconds.
 * @param {string[]} tokens
 * @param {number} place
 */
function isMinute(tokens, place) {
  const isField = (/** @type {string} */ token) => /^[ymdhs]/i.test(token);
  const before = tokens.slice(0, place).filter(isField).pop() || "";
  const after = tokens.slice(place + 1).find(isField) || "";
  return /^h/i.test(before) || /^s/i.test(after);
}

/**
 * @param {string} token in small letters
 * @param {Date} moment
 * @param {boolean} minute whether an "m" is one
 * @returns {string | undefined} undefined for what is no field
 */
function field(token, moment, minute) {
  const two = (/** @type {number} */ number) => (token.length > 1 ? String(number).padStart(2, "0") : String(number));
  if (/^y/.test(token)) return token.length > 2 ? String(moment.getUTCFullYear()).padStart(4, "0") : String(moment.getUTCFullYear()).slice(-2);
  if (/^m/.test(token)) return two(minute ? moment.getUTCMinutes() : moment.getUTCMonth() + 1);
  if (/^d/.test(token)) return two(moment.getUTCDate());
  if (/^h/.test(token)) return two(moment.getUTCHours());
  return /^s/.test(token) ? two(moment.getUTCSeconds()) : undefined;
}

/**
 * The serial number of a wall-clock moment "2026-11-24T09:30" or "2026-11-24".
 * @param {string} text
 */
export function serial(text) {
  return (Date.parse(text.length > 10 ? text + "Z" : text + "T00:00Z") - EPOCH) / DAY;
}

/**
 * Rows of cells from what Excel, WPS or LibreOffice copy: tabs between cells, quotes around cells with breaks.
 * @param {string} text
 * @returns {string[][]}
 */
export function parseTable(text) {
  const source = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  /** @type {string[]} */
  let row = [];
  const rows = [row];
  let at = 0;
  while (at <= source.length) {
    const end = source[at] === '"' ? closing(source, at) : 0;
    const start = end ? end + 1 : at; // of what stands behind the quotes, or of the whole cell
    const stop = next(source, start);
    row.push((end ? source.slice(at + 1, end).replace(/""/g, '"') : "") + source.slice(start, stop));
    if (source[stop] === "\n") rows.push((row = []));
    at = stop + 1;
  }
  return rows;
}

/**
 * The numbers behind the cells that LibreOffice copied, as its HTML has them: a day copied as "11/24/26" is 46350. Nothing where the
 * HTML is another program's, or is no table of the same size.
 * @param {string} html
 * @param {Value[][]} table the cells as they read
 * @returns {(number | undefined)[][]}
 */
export function numbersOf(html, table) {
  if (!/ sdval="/.test(html)) return [];
  const rows = [...new DOMParser().parseFromString(html, "text/html").querySelectorAll("tr")].map((row) => [...row.cells]);
  const fits = rows.length === table.length && rows.every((row, at) => row.length === table[at]?.length);
  if (!fits || rows.flat().some((cell) => cell.colSpan > 1 || cell.rowSpan > 1)) return [];
  return rows.map((row) => row.map((cell) => numberOf(cell.getAttribute("sdval"))));
}

/** @param {string | null} text */
function numberOf(text) {
  return text && Number.isFinite(Number(text)) ? Number(text) : undefined;
}

/**
 * Where a quoted cell ends: at a quote that is followed by a tab, a line or nothing; 0 where it is no quoted cell.
 * @param {string} source
 * @param {number} start
 */
function closing(source, start) {
  for (let at = start + 1; at < source.length; at++) {
    if (source[at] !== '"') continue;
    if (source[at + 1] === '"') at++;
    else return at + 1 === source.length || source[at + 1] === "\t" || source[at + 1] === "\n" ? at : 0;
  }
  return 0;
}

/**
 * Where the cell that begins at `at` ends.
 * @param {string} source
 * @param {number} at
 */
function next(source, at) {
  let stop = at;
  while (stop < source.length && source[stop] !== "\t" && source[stop] !== "\n") stop++;
  return stop;
}

/**
 * Rows of texts as Excel copies them.
 * @param {string[][]} rows
 */
export function writeTable(rows) {
  return rows.map((row) => row.map(quoted).join("\t")).join("\n");
}

/** @param {string} text */
function quoted(text) {
  return /[\t\n]/.test(text) || text.startsWith('"') ? '"' + text.replace(/"/g, '""') + '"' : text;
}

/** @param {string} text */
const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** @typedef {{ value: Value, text: string, pattern: string }} Copied a cell: what it is and how it reads */

/**
 * The same as a table that keeps a text a text and a date a date in Excel, WPS and LibreOffice.
 * @param {Copied[][]} rows
 */
export function writeHtml(rows) {
  const body = rows.map((row) => `<tr>${row.map(htmlCell).join("")}</tr>`).join("");
  return `<html><head><meta charset="utf-8"></head><body><table>${body}</table></body></html>`;
}

/** @param {Copied} cell */
function htmlCell({ value, text, pattern }) {
  if (typeof value === "number") {
    // A date goes as its text: LibreOffice shows a date's bare number, and Excel reads the text as the date it is.
    const number = isDate(pattern) ? "" : ` sdval="${value}" sdnum="1033;"`;
    const style = pattern ? ` style='mso-number-format:"${pattern.replace(/["'<>&]/g, "")}"'` : "";
    return `<td${number}${style}>${escaped(text)}</td>`;
  }
  const lines = escaped(text).replace(/\n/g, "<br style='mso-data-placement:same-cell'>");
  return `<td sdnum="1033;0;@" style='mso-number-format:"\\@"'>${lines}</td>`;
}
