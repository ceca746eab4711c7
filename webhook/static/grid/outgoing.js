// Edits on their way: one list, from the moment somebody makes one until its change is in what is shown.

import { Failed, Refused, SignedOut, post } from "./server.js";

/** @import { Change, EditReply, Op } from "./server.js" */

const AGAIN = 2000; // ms until an edit that got no answer is sent again
const MOST_FAILED = 3; // times that the server may fail over an edit: the edits behind it wait no longer

/**
 * An edit on its way. waiting: for its turn; sent: no answer yet, perhaps sent before; answered: the server did it and its
 * change is not in what is shown. It leaves the list when it is shown, or refused.
 * @typedef {object} Edit
 * @property {string} id the server does each id once
 * @property {number} sheet
 * @property {"waiting" | "sent" | "answered"} state
 * @property {() => Op[] | Promise<Op[]>} make what to do, made when its turn comes
 * @property {Op[] | null} ops once made; sent again as they were
 * @property {(reply: EditReply) => void} take the reply, before the next edit is made
 * @property {EditReply | null} reply
 * @property {number} failed how often the server failed over it
 * @property {(reply: EditReply) => void} resolve
 * @property {(error: Error) => void} reject
 */

export class Outgoing {
  /** @type {Edit[]} in the order in which they were made and are sent */
  edits = [];
  /** @type {"" | "offline" | "signed out"} why the first of them can't be sent now */
  trouble = "";

  /**
   * @param {object} on
   * @param {() => void} on.state something in the list changed
   * @param {(change: Change) => void} on.change what the server did for an edit
   * @param {(address: string, body: object) => Promise<Response>} [send]
   */
  constructor(on, send = post) {
    this.on = on;
    this.post = send;
  }

  /**
   * Puts an edit at the end of the list; resolves to the reply once its change is shown, rejects when it is refused.
   * @param {number} sheet
   * @param {() => Op[] | Promise<Op[]>} make
   * @param {(reply: EditReply) => void} [take] is given the reply before the next edit is made
   * @returns {Promise<EditReply>}
   */
  add(sheet, make, take = () => {}) {
    return new Promise((resolve, reject) => {
      this.edits.push({ id: newId(), sheet, state: "waiting", make, ops: null, take, reply: null, failed: 0, resolve, reject });
      this.on.state();
      void this.send();
    });
  }

  /** The first edit that has no answer. */
  get next() {
    return this.edits.find((edit) => edit.state !== "answered");
  }

  /**
   * Whether a change is the doing of an edit whose reply, and with it the change, is still to come.
   * @param {string} id
   */
  expects(id) {
    return this.edits.some((edit) => edit.id === id && edit.state !== "answered");
  }

  /** Sends one edit after the other, also over a lost line. */
  async send() {
    while (this.next && this.next.state === "waiting") {
      const edit = this.next;
      edit.state = "sent";
      const reply = await this.ask(edit);
      if (reply) this.answered(edit, reply);
      this.on.state();
    }
  }

  /**
   * @param {Edit} edit
   * @returns {Promise<EditReply | null>} null where it was refused, or is to be sent again
   */
  async ask(edit) {
    try {
      // eslint-disable-next-line require-atomic-updates -- one edit is asked for at a time
      if (!edit.ops) edit.ops = await edit.make();
      const response = await this.post(`/grid/edit/${edit.sheet}`, { id: edit.id, ops: edit.ops });
      return await response.json();
    } catch (error) {
      this.failed(edit, error instanceof Error ? error : new Error(String(error)));
      return null;
    }
  }

  /**
   * @param {Edit} edit
   * @param {EditReply} reply
   */
  answered(edit, reply) {
    this.trouble = "";
    edit.state = "answered";
    edit.reply = reply;
    edit.take(reply);
    this.on.change(reply.change);
  }

  /**
   * @param {Edit} edit
   * @param {Error} error
   */
  failed(edit, error) {
    if (error instanceof Failed) edit.failed += 1;
    if (error instanceof Refused || edit.failed >= MOST_FAILED) {
      this.trouble = "";
      this.edits = this.edits.filter((other) => other !== edit);
      edit.reject(error);
      return;
    }
    this.trouble = error instanceof SignedOut ? "signed out" : "offline";
    setTimeout(() => {
      edit.state = "waiting";
      void this.send();
    }, AGAIN);
  }

  /**
   * What is shown is the workbook at this version: edits that are in it leave the list.
   * @param {number} version
   */
  shown(version) {
    const here = this.edits.filter((edit) => edit.reply && edit.reply.change.version <= version);
    if (!here.length) return;
    this.edits = this.edits.filter((edit) => !here.includes(edit));
    for (const edit of here) if (edit.reply) edit.resolve(edit.reply);
    this.on.state();
  }
}

/** An id that no other browser makes. (`crypto.randomUUID` is not there without https.) */
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
