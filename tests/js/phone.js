// A phone as the scripts of the forms find it: they are run as a browser runs scripts, sharing what they declare.

import { IDBFactory } from "fake-indexeddb";
import { readFileSync } from "node:fs";
import { webcrypto } from "node:crypto";

/**
 * Runs scripts of `webhook/static` one after the other; returns what they declare under the given names.
 * @param {string[]} files
 * @param {string[]} names
 * @param {Record<string, unknown>} [surroundings] globals of the browser, by name
 * @returns {any} each script's own shape is told by its tests
 */
export function run(files, names, surroundings = {}) {
  const text = files.map((file) => readFileSync(new URL(`../../webhook/static/${file}`, import.meta.url), "utf8")).join("\n");
  const all = { crypto: webcrypto, ...surroundings };
  return new Function(...Object.keys(all), `${text}\nreturn { ${names.join(", ")} };`)(...Object.values(all));
}

/** A phone's database, which its pages and its worker share. */
export const database = () => new IDBFactory();

/**
 * A page, or the worker, on a phone: its own run of the scripts over the phone's database.
 * @param {IDBFactory} indexedDB
 * @param {string} origin of the server
 * @returns {{ Submissions: typeof Submissions, Sending: typeof Sending, newId: typeof newId }}
 */
export function page(indexedDB, origin) {
  return run(["forms_store.js", "forms_send.js"], ["Submissions", "Sending", "newId"], {
    self: { indexedDB },
    fetch: (/** @type {string} */ address, /** @type {RequestInit} */ options) => fetch(origin + address, options),
  });
}

/**
 * A form that its person filled in.
 * @param {Partial<Submission>} [given]
 * @returns {Submission}
 */
export function draft(given = {}) {
  return {
    id: "0".repeat(31) + "1", state: "draft", tab: "issues", person: "街路长01", post: "/forms/issues", uploads: "/photos/upload/",
    cells: { street: "新正街", category: "暴露垃圾" }, photos: [], ...given,
  };
}

/**
 * @param {number} bytes
 * @param {string} [name]
 * @returns {Photo}
 */
export function photo(bytes, name = "photo-1") {
  return { name, blob: new Blob([Uint8Array.from({ length: bytes }, (_, at) => at % 251)]), taken: "2026-11-24T09:30:00" };
}
