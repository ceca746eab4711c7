// Edits on their way: in their order, each once, over a lost line and past a refusal.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Outgoing } from "../../webhook/static/grid/outgoing.js";
import { Failed, Refused, SignedOut } from "../../webhook/static/grid/server.js";
import { Clock } from "./clock.js";
import { settled } from "./workbook.js";

/** @import { Op } from "../../webhook/static/grid/server.js" */

const AGAIN = 2000; // ms

const clock = new Clock();
beforeEach(() => clock.start());
afterEach(() => clock.stop());

/** A list of edits, and a line on which each request waits until it is answered here. */
function start() {
  /** @type {{ id: string, ops: Op[], answer: (version: number) => Promise<void>, fail: (error: Error) => Promise<void> }[]} */
  const requests = [];
  /** @type {number[]} */
  const changes = [];
  const outgoing = new Outgoing(
    { state: () => {}, change: (change) => changes.push(change.version) },
    (_, body) => new Promise((resolve, reject) => {
      const { id, ops } = /** @type {{ id: string, ops: Op[] }} */ (body); // what the list posts
      requests.push({
        id,
        ops,
        answer: (version) => {
          resolve(Response.json({ results: [{}], change: { version, by: "", asked: id, tabs: false, sheets: [] } }));
          return settled().then(() => settled()).then(() => {});
        },
        fail: (error) => {
          reject(error);
          return settled().then(() => {});
        },
      });
    }),
  );
  return { outgoing, requests, changes };
}

/**
 * @param {number} column
 * @returns {Op[]}
 */
const ops = (column) => [{ op: "dropColumn", column }];

/** @param {Outgoing} outgoing */
const states = (outgoing) => outgoing.edits.map((edit) => edit.state);

test("one edit is on the line at a time, and the next is made when the reply was taken", async () => {
  const { outgoing, requests } = start();
  /** @type {string[]} */
  const log = [];
  void outgoing.add(1, () => ops(1), () => log.push("first is taken"));
  void outgoing.add(1, () => {
    log.push("second is made");
    return ops(2);
  });
  await settled();
  assert.deepEqual(states(outgoing), ["sent", "waiting"]);
  assert.equal(requests.length, 1);
  await requests[0]?.answer(5);
  assert.deepEqual(log, ["first is taken", "second is made"]);
  assert.deepEqual(states(outgoing), ["answered", "sent"]);
});

test("an edit is on its way until its change is shown", async () => {
  const { outgoing, requests, changes } = start();
  let done = 0;
  void outgoing.add(1, () => ops(1)).then((reply) => { done = reply.change.version; });
  await settled();
  const id = requests[0]?.id || "";
  assert.ok(outgoing.expects(id), "its change comes with the reply");
  await requests[0]?.answer(5);
  assert.deepEqual(changes, [5]);
  assert.ok(!outgoing.expects(id));
  outgoing.shown(4);
  await settled();
  assert.deepEqual([done, states(outgoing)], [0, ["answered"]]);
  outgoing.shown(5);
  await settled();
  assert.deepEqual([done, states(outgoing)], [5, []]);
});

test("an edit whose answer was lost is sent again as it was, under its id, before the next", async () => {
  const { outgoing, requests } = start();
  let made = 0;
  void outgoing.add(1, () => ops(++made));
  void outgoing.add(1, () => ops(9));
  await settled();
  await requests[0]?.fail(new TypeError("Failed to fetch"));
  assert.equal(outgoing.trouble, "offline");
  void outgoing.add(1, () => ops(10));
  await settled();
  assert.equal(requests.length, 1, "it is not hurried by the next edit");
  clock.tick(AGAIN);
  await settled();
  assert.equal(requests.length, 2);
  assert.equal(requests[1]?.id, requests[0]?.id);
  assert.deepEqual([requests[1]?.ops, made], [ops(1), 1]);
  await requests[1]?.answer(5);
  assert.equal(outgoing.trouble, "");
  assert.deepEqual(requests[2]?.ops, ops(9));
});

test("an edit that could not be made, for want of rows, is made again", async () => {
  const { outgoing, requests } = start();
  let tries = 0;
  void outgoing.add(1, async () => {
    tries += 1;
    if (tries === 1) throw new TypeError("Failed to fetch");
    return ops(1);
  });
  await settled();
  assert.deepEqual([requests.length, outgoing.trouble], [0, "offline"]);
  clock.tick(AGAIN);
  await settled();
  assert.deepEqual(requests[0]?.ops, ops(1));
});

test("a refused edit is told and leaves, and the rest goes on, also after the line was lost", async () => {
  const { outgoing, requests } = start();
  const refused = outgoing.add(1, () => ops(1));
  void outgoing.add(1, () => ops(2));
  await settled();
  await requests[0]?.fail(new TypeError("Failed to fetch"));
  clock.tick(AGAIN);
  await settled();
  await Promise.all([assert.rejects(refused, { message: "不行。" }), requests[1]?.fail(new Refused("不行。"))]);
  assert.equal(outgoing.trouble, "");
  assert.deepEqual(requests[2]?.ops, ops(2));
});

test("an edit over which the server fails each time is told after three and the rest goes on", async () => {
  const { outgoing, requests } = start();
  const broken = outgoing.add(1, () => ops(1));
  void outgoing.add(1, () => ops(2));
  const told = assert.rejects(broken, { message: "系统出错了" });
  for (let turn = 0; turn < 3; turn++) {
    await settled();
    await requests[turn]?.fail(new Failed("系统出错了"));
    clock.tick(AGAIN);
  }
  await told;
  await settled();
  assert.deepEqual(requests.map((request) => request.ops), [ops(1), ops(1), ops(1), ops(2)]);
});

test("what is typed after the session is over waits until its person signed in again", async () => {
  const { outgoing, requests } = start();
  void outgoing.add(1, () => ops(1));
  await settled();
  await requests[0]?.fail(new SignedOut("登录已经过期。"));
  assert.deepEqual([outgoing.trouble, states(outgoing)], ["signed out", ["sent"]]);
  clock.tick(AGAIN);
  await settled();
  await requests[1]?.answer(5);
  assert.deepEqual([outgoing.trouble, states(outgoing)], ["", ["answered"]]);
});

test("no two edits have one id", () => {
  const { outgoing } = start();
  for (let count = 0; count < 100; count++) void outgoing.add(1, () => ops(1));
  assert.equal(new Set(outgoing.edits.map((edit) => edit.id)).size, 100);
});
