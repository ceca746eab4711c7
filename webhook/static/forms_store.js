/* The forms on a phone until the server has them: one record a form, its photos inside. Used by pages and the worker. */
"use strict";

/**
 * A photo of a form.
 * @typedef {object} Photo
 * @property {string} name made on the phone; its upload goes by it
 * @property {Blob} blob a JPEG
 * @property {string} taken what the phone's clock showed when the file was written ("2026-11-24T09:30:00"), or ""
 * @property {string} [id] the server's id, once it has the whole photo
 */

/**
 * A form on the phone. draft: being filled in; waiting: to be sent; mend: refused as it is, its person must correct it;
 * in: the server has it (never stored).
 * @typedef {object} Submission
 * @property {string} id made on the phone: the server takes each id once
 * @property {"draft" | "waiting" | "mend" | "in"} state
 * @property {number} [revision] how often its person handed it over for sending; none: not yet
 * @property {string} tab "issues", "feedback", "duties" or "requests"
 * @property {string} person who fills it in; "" for the public
 * @property {string} post the address that takes it
 * @property {string} uploads the address that takes its photos, up to their names
 * @property {Record<string, string>} cells answers by column key
 * @property {Photo[]} photos
 * @property {string} [at] when it was first handed over, by the phone's clock and zone
 * @property {Record<string, string>} [faults] mend: a sentence by column key; "" for the form as a whole
 * @property {string} [words] waiting: why it could not go
 */

/**
 * An id that no other phone makes: 128 random bits as hex digits.
 * @returns {string}
 */
function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => (byte + 256).toString(16).slice(1)).join("");
}

/**
 * @param {Submission} submission
 * @returns {number}
 */
function revisionOf(submission) { return submission.revision || 0; }

/**
 * The store over a browser's database. Every promise rejects with the database's error, above all when the phone is full.
 * @param {IDBFactory} factory
 */
function submissionStore(factory) {
  // These two names are older than the word "submission"; phones hold forms under them.
  const DATABASE = "jielu-forms", STORE = "sheets";
  /** @type {Promise<IDBDatabase> | null} */
  let opening = null;

  function open() {
    if (opening) { return opening; }
    /** @type {Promise<IDBDatabase>} */
    const database = new Promise((resolve, reject) => {
      const request = factory.open(DATABASE, 1);
      request.onupgradeneeded = () => { request.result.createObjectStore(STORE, { keyPath: "id" }); };
      request.onsuccess = () => { resolve(request.result); };
      request.onerror = () => { reject(request.error || new Error("the database does not open")); };
    });
    const forget = () => { opening = null; };
    // A phone that needs room closes databases by itself: the next call opens it again.
    database.then((opened) => { opened.onclose = forget; }, forget);
    opening = database;
    return database;
  }

  /**
   * Does `act` in one transaction; resolves to the result of the request that it returns, once all is written.
   * @template T
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => IDBRequest<T>} act
   * @returns {Promise<T>}
   */
  function transact(mode, act) {
    return open().then((database) => new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode), request = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => { resolve(request.result); };
      transaction.onabort = () => { reject(transaction.error || new Error("nothing was written")); };
    }));
  }

  /** @returns {Promise<Submission[]>} */
  function all() { return transact("readonly", (store) => store.getAll()); }

  /**
   * @param {string} id
   * @returns {Promise<Submission | undefined>}
   */
  function get(id) { return transact("readonly", (store) => store.get(id)); }

  /**
   * Changes a record where no other page or worker can come between. `edit` is given what is stored (undefined: nothing)
   * and returns what to store instead, null to delete it, or undefined to leave it.
   * @param {string} id
   * @param {(stored: Submission | undefined) => Submission | null | undefined} edit
   * @returns {Promise<unknown>} done
   */
  function change(id, edit) {
    return transact("readwrite", (store) => {
      const reading = store.get(id);
      reading.onsuccess = () => {
        const next = edit(reading.result);
        if (next) { store.put(next); }
        if (next === null) { store.delete(id); }
      };
      return reading;
    });
  }

  /**
   * Stores `next` in place of `held`, what a page holds. Two pages may hold one draft. When the other handed it over,
   * its id is spent: the server takes it for that form. Then the words of this page become a form with an id of its own.
   * @param {Submission} held
   * @param {Submission} next
   * @param {boolean} known whether this page read or wrote `held` before
   * @returns {Promise<Submission>} what was stored
   */
  function replace(held, next, known) {
    let record = next;
    return change(held.id, (stored) => {
      const spent = known && (!stored || revisionOf(stored) !== revisionOf(held));
      if (!spent) { return next; }
      record = { ...next, id: newId() };
      return undefined;
    }).then(() => record === next ? record : change(record.id, () => record).then(() => record));
  }

  return {
    all,
    get,
    change,

    /**
     * Stores a draft, or what is being corrected, as its page holds it.
     * @param {Submission} held
     * @param {boolean} known whether this page read or wrote it before
     */
    save: (held, known) => replace(held, held, known),

    /**
     * Stores a form that its person wants sent.
     * @param {Submission} held
     * @param {boolean} known whether this page read or wrote it before
     */
    handOver: (held, known) =>
      replace(held, { ...held, state: "waiting", revision: revisionOf(held) + 1 }, known),

    /**
     * At sign-out: what was only begun goes; what still has to be sent waits for its person.
     * @returns {Promise<unknown>} done
     */
    forget: () => all().then((submissions) => Promise.all(submissions
      .filter((submission) => submission.state !== "waiting" && submission.state !== "mend")
      .map((submission) => change(submission.id, () => null)))),
  };
}

const Submissions = submissionStore(self.indexedDB);
