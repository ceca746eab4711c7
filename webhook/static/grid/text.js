// Texts as a spreadsheet writes them: addresses, dates and numbers as they read, tables to paste and to copy.

const DAY = 86400000;
const EPOCH = Date.UTC(1899, 11, 30);

/** A for 0, Z for 25, AA for 26. */
export function letters(column) {
  let text = "";
  for (let n = column + 1; n > 0; n = Math.floor((n - 1) / 26)) text = String.fromCharCode(65 + ((n - 1) % 26)) + text;
  return text;
}

/** How a value reads under a number format; a text reads as it is. */
export function shown(value, pattern) {
  if (value === undefined || value === null || value === "") return "";
  if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
  if (typeof value !== "number") return value;
  if (!pattern) return plain(value);
  return /[ymdh]/i.test(pattern) ? dated(value, pattern) : counted(value, pattern);
}

function plain(value) {
  return String(Number.isInteger(value) ? value : parseFloat(value.toPrecision(12)));
}

function counted(value, pattern) {
  const percent = pattern.includes("%");
  const places = (pattern.split(".")[1] || "").replace(/[^0#]/g, "").length;
  const fixed = (percent ? value * 100 : value).toFixed(places);
  return percent ? fixed + "%" : fixed;
}

function dated(serial, pattern) {
  const at = new Date(EPOCH + Math.round(serial * 1440) * 60000);
  const two = (n) => String(n).padStart(2, "0");
  let hours = false;
  return pattern.replace(/y+|m+|d+|h+|s+/gi, (token) => {
    const kind = token[0].toLowerCase();
    if (kind === "y") return String(at.getUTCFullYear()).padStart(4, "0");
    if (kind === "d") return token.length > 1 ? two(at.getUTCDate()) : at.getUTCDate();
    if (kind === "h") {
      hours = true;
      return token.length > 1 ? two(at.getUTCHours()) : at.getUTCHours();
    }
    if (kind === "s") return two(at.getUTCSeconds());
    if (hours) {
      hours = false;
      return two(at.getUTCMinutes());
    }
    return token.length > 1 ? two(at.getUTCMonth() + 1) : at.getUTCMonth() + 1;
  });
}

/** The serial number of a wall-clock moment "2026-11-24T09:30" or "2026-11-24". */
export function serial(text) {
  return (Date.parse(text.length > 10 ? text + "Z" : text + "T00:00Z") - EPOCH) / DAY;
}

/** Rows of cells from what Excel, WPS or LibreOffice copy: tabs between cells, quotes around cells with breaks. */
export function parseTable(text) {
  const rows = [[]];
  let at = 0;
  const source = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  while (at <= source.length) {
    let cell = "";
    if (source[at] === '"') {
      const end = closing(source, at);
      if (end > 0) {
        cell = source.slice(at + 1, end).replace(/""/g, '"');
        at = end + 1;
      }
    }
    const stop = next(source, at);
    cell += source.slice(at, stop);
    rows[rows.length - 1].push(cell);
    if (stop < source.length && source[stop] === "\n") rows.push([]);
    at = stop + 1;
  }
  return rows;
}

/** Where a quoted cell ends: at a quote that is followed by a tab, a line or nothing; 0 where it is no quoted cell. */
function closing(source, start) {
  for (let at = start + 1; at < source.length; at++) {
    if (source[at] !== '"') continue;
    if (source[at + 1] === '"') at++;
    else return at + 1 === source.length || source[at + 1] === "\t" || source[at + 1] === "\n" ? at : 0;
  }
  return 0;
}

function next(source, at) {
  let stop = at;
  while (stop < source.length && source[stop] !== "\t" && source[stop] !== "\n") stop++;
  return stop;
}

/** Rows of texts as Excel copies them. */
export function writeTable(rows) {
  return rows.map((row) => row.map(quoted).join("\t")).join("\n");
}

function quoted(text) {
  return /[\t\n]/.test(text) || text.startsWith('"') ? '"' + text.replace(/"/g, '""') + '"' : text;
}

const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** The same as a table that keeps a text a text and a date a date in Excel, WPS and LibreOffice. */
export function writeHtml(rows) {
  const cell = ({ value, text, pattern }) => {
    if (typeof value === "number") {
      // A date goes as its text: LibreOffice shows a date's bare number, and Excel reads the text as the date it is.
      const dates = /[ymdh]/i.test(pattern || "");
      const style = pattern ? ` style='mso-number-format:"${pattern.replace(/["'<>&]/g, "")}"'` : "";
      return `<td${dates ? "" : ` sdval="${value}" sdnum="1033;"`}${style}>${escaped(text)}</td>`;
    }
    const lines = escaped(text).replace(/\n/g, "<br style='mso-data-placement:same-cell'>");
    return `<td sdnum="1033;0;@" style='mso-number-format:"\\@"'>${lines}</td>`;
  };
  const body = rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("");
  return `<html><head><meta charset="utf-8"></head><body><table>${body}</table></body></html>`;
}
