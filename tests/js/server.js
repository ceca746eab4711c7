// The server's side of the line, as far as the phone's code knows it: it takes each id once and answers it alike ever after.
// The real one is held to the same by tests/webhook and, together with a real browser, by tests/browser.

import { createServer } from "node:http";

/**
 * @typedef {object} Seen one request
 * @property {string} method
 * @property {string} path
 * @property {number} offset where a piece begins; -1: none
 * @property {number} size bytes of the body
 */

/**
 * What happens to a request in place of the ordinary: "lose" does what it asks and cuts the line before the answer, "cut"
 * cuts it before anything is done, an answer is given as it is; undefined: the ordinary.
 * @typedef {"lose" | "cut" | { status: number, body: string } | undefined} Trouble
 */

export class Server {
  /** @type {Map<string, { cells: Record<string, string>, photos: string[] }>} forms that are in, by id */
  rows = new Map();
  /** @type {Map<string, Buffer>} photos, as far as they are here, by name */
  photos = new Map();
  /** @type {Seen[]} */
  seen = [];
  /** @type {(seen: Seen) => Trouble | Promise<Trouble>} */
  trouble = () => undefined;
  origin = "";

  static async start() {
    const server = new Server();
    const http = createServer((request, response) => {
      server.#take(request, response).catch((error) => response.destroy(error));
    });
    await new Promise((resolve) => { http.listen(0, "127.0.0.1", () => resolve(undefined)); });
    const address = http.address();
    if (!address || typeof address === "string") throw new Error("no port");
    server.origin = `http://127.0.0.1:${address.port}`;
    server.stop = () => {
      http.closeAllConnections();
      http.close();
    };
    return server;
  }

  stop() {}

  /** @returns {Seen[]} the posts so far */
  get posts() {
    return this.seen.filter((seen) => seen.method === "POST");
  }

  /**
   * @param {import("node:http").IncomingMessage} request
   * @param {import("node:http").ServerResponse} response
   */
  async #take(request, response) {
    const url = new URL(request.url || "", this.origin);
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts);
    const offset = url.searchParams.has("offset") ? Number(url.searchParams.get("offset")) : -1;
    const seen = { method: request.method || "", path: url.pathname, offset, size: body.length };
    this.seen.push(seen);
    const trouble = await this.trouble(seen);
    if (typeof trouble === "object") {
      response.writeHead(trouble.status, { "Content-Type": "text/html" }).end(trouble.body);
      return;
    }
    const reply = trouble === "cut" ? undefined : this.#answer(seen, body, Number(url.searchParams.get("total")));
    if (trouble || !reply) {
      request.socket.destroy();
      return;
    }
    response.writeHead(reply.status, { "Content-Type": "application/json" }).end(JSON.stringify(reply.body));
  }

  /**
   * @param {Seen} seen
   * @param {Buffer} body
   * @param {number} total
   */
  #answer(seen, body, total) {
    if (seen.method === "POST") return this.#post(JSON.parse(body.toString()));
    const name = seen.path.split("/").pop() || "";
    const here = this.photos.get(name) || Buffer.alloc(0);
    const whole = seen.method === "PUT" && seen.offset === here.length ? Buffer.concat([here, body]) : here;
    if (whole.length) this.photos.set(name, whole);
    const done = total > 0 && whole.length >= total;
    return { status: 200, body: done ? { offset: whole.length, photo: `id of ${name}` } : { offset: whole.length } };
  }

  /** @param {{ id: string, cells: Record<string, string>, photos: string[] }} form */
  #post(form) {
    const first = this.rows.get(form.id) || form;
    if (!first.cells.street) return { status: 422, body: { state: "mend", faults: { street: "没有填，请补上。" } } };
    this.rows.set(form.id, first);
    const number = [...this.rows.keys()].indexOf(form.id) + 1;
    return { status: 201, body: { state: "in", words: "已收到。", number: `20261124-00${number}` } };
  }
}
