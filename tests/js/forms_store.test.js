// The phone's store: drafts that two pages hold, a phone that is full, and what goes at sign-out.

import { IDBObjectStore } from "fake-indexeddb";
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { database, draft, page } from "./phone.js";
import { Server } from "./server.js";

/** @type {Server} */
let server;
/** @type {IDBFactory} */
let phone;

beforeEach(async () => {
  server = await Server.start();
  phone = database();
});
afterEach(() => server.stop());

const open = () => page(phone, server.origin);

describe("two pages that hold one draft", () => {
  /** Both read it from the store, as pages do when they open. */
  const both = async () => {
    const here = open(), there = open();
    await here.Submissions.save(draft(), false);
    const [mine] = await here.Submissions.all(), [theirs] = await there.Submissions.all();
    assert.ok(mine && theirs);
    return { here, there, mine, theirs };
  };

  test("are two reports when both are sent", async () => {
    const { here, there, mine, theirs } = await both();
    await here.Sending.send(await here.Submissions.handOver(mine, true));
    const other = await there.Submissions.handOver({ ...theirs, cells: { street: "联胜路" } }, true);
    assert.notEqual(other.id, mine.id);
    assert.equal((await there.Sending.send(other)).reply?.number, "20261124-002");
    assert.deepEqual([...server.rows.values()].map((row) => row.cells.street), ["新正街", "联胜路"]);
  });

  test("are two reports when the first still waits", async () => {
    const { here, there, mine, theirs } = await both();
    await here.Submissions.handOver(mine, true);
    await there.Submissions.handOver({ ...theirs, cells: { street: "联胜路" } }, true);
    await here.Sending.flush();
    assert.deepEqual([...server.rows.values()].map((row) => row.cells.street).sort(), ["新正街", "联胜路"].sort());
  });

  test("typing in the second does not bring back what the first sent", async () => {
    const { here, there, mine, theirs } = await both();
    await here.Sending.send(await here.Submissions.handOver(mine, true));
    const saved = await there.Submissions.save({ ...theirs, cells: { text: "写到一半" } }, true);
    assert.notEqual(saved.id, mine.id);
    assert.deepEqual((await there.Submissions.all()).map((stored) => stored.id), [saved.id]);
  });

  test("typing in both goes on as one draft", async () => {
    const { here, there, mine, theirs } = await both();
    await here.Submissions.save({ ...mine, cells: { text: "甲" } }, true);
    await there.Submissions.save({ ...theirs, cells: { text: "乙" } }, true);
    assert.deepEqual((await here.Submissions.all()).map((stored) => stored.cells), [{ text: "乙" }]);
  });
});

test("a form that was refused is corrected under its id", async () => {
  const { Submissions, Sending } = open();
  const refused = await Sending.send(await Submissions.handOver(draft({ cells: {} }), false));
  await Submissions.save({ ...refused, cells: { street: "新" } }, true);
  const corrected = await Submissions.handOver({ ...refused, cells: { street: "新正街" } }, true);
  assert.equal(corrected.id, draft().id);
  assert.equal((await Sending.send(corrected)).state, "in");
  assert.deepEqual(await Submissions.all(), []);
});

describe("a phone that is full", () => {
  const put = IDBObjectStore.prototype.put;
  /** Every write is taken back as a browser takes it back that has no room: the whole transaction. */
  const fill = () => {
    IDBObjectStore.prototype.put = function (/** @type {unknown} */ value) {
      const request = put.call(this, value);
      this.transaction.abort();
      return request;
    };
  };
  const empty = () => { IDBObjectStore.prototype.put = put; };
  afterEach(empty);

  test("says so, and sends all the same", async () => {
    const { Submissions, Sending } = open();
    fill();
    await assert.rejects(Submissions.handOver(draft(), false));
    assert.equal((await Sending.send(draft())).state, "in");
    assert.equal(server.rows.size, 1);
  });

  test("leaves no draft whose id is spent", async () => {
    const { Submissions, Sending } = open();
    await Submissions.save(draft(), false);
    fill();
    await assert.rejects(Submissions.handOver(draft(), true));
    await Sending.send(draft());
    assert.deepEqual(await Submissions.all(), []);
  });

  test("sends under one id until it gets through, then has room again", async () => {
    const { Submissions, Sending } = open();
    await Submissions.save(draft(), false);
    fill();
    server.trouble = () => (server.posts.length === 1 ? "lose" : undefined);
    assert.equal((await Sending.send(draft())).state, "waiting");
    empty();
    const handed = await Submissions.handOver(draft(), true);
    assert.equal((await Sending.send(handed)).reply?.number, "20261124-001");
    assert.equal(server.rows.size, 1);
  });

  test("notes no refusal, and still tells it", async () => {
    const { Submissions, Sending } = open();
    const waiting = await Submissions.handOver(draft({ cells: {} }), false);
    fill();
    assert.deepEqual((await Sending.send(waiting)).faults, { street: "没有填，请补上。" });
  });
});

test("without a store a form is sent all the same", async () => {
  const closed = /** @type {IDBFactory} */ (/** @type {unknown} */ ({ open: () => { throw new DOMException("denied", "SecurityError"); } }));
  const { Submissions, Sending } = page(closed, server.origin);
  await assert.rejects(Submissions.all(), { name: "SecurityError" });
  assert.equal((await Sending.send(draft())).state, "in");
  assert.deepEqual(await Sending.flush(), []);
});

test("at sign-out drafts go, and what still has to be sent or corrected waits", async () => {
  const { Submissions } = open();
  await Submissions.save(draft({ id: "a".repeat(32) }), false);
  await Submissions.handOver(draft({ id: "b".repeat(32) }), false);
  await Submissions.save(draft({ id: "c".repeat(32), state: "mend" }), false);
  await Submissions.forget();
  assert.deepEqual((await Submissions.all()).map((stored) => stored.state).sort(), ["mend", "waiting"]);
});

test("an id is 128 random bits in hex", () => {
  const { newId } = open();
  const ids = new Set(Array.from({ length: 1000 }, newId));
  assert.equal(ids.size, 1000);
  for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/);
});
