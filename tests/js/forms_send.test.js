// Exactly once, from the phone's side: whatever happens to a form on its way, the server has it once and the phone knows.

import assert from "node:assert/strict";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { database, draft, page, photo } from "./phone.js";
import { Server } from "./server.js";

const PIECE = 128 * 1024;

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

/** Two forms that wait, in a page. */
async function twoWaiting() {
  const tab = open();
  await tab.Submissions.handOver(draft({ id: "a".repeat(32) }), false);
  await tab.Submissions.handOver(draft({ id: "b".repeat(32), cells: { street: "联胜路" } }), false);
  return tab;
}

/** @param {Outcome[]} outcomes */
const states = (outcomes) => outcomes.map((outcome) => outcome.state);

test("a form that was sent is on the server, answered, and gone from the phone", async () => {
  const { Submissions, Sending } = open();
  const outcome = await Sending.send(await Submissions.handOver(draft(), false));
  assert.equal(outcome.state, "in");
  assert.equal(outcome.reply?.number, "20261124-001");
  assert.deepEqual(server.rows.get(draft().id)?.cells, draft().cells);
  assert.deepEqual(await Submissions.all(), []);
});

test("a form whose answer was lost is sent again under its id and is one row", async () => {
  const { Submissions, Sending } = open();
  server.trouble = () => (server.posts.length === 1 ? "lose" : undefined);
  const outcome = await Sending.send(await Submissions.handOver(draft(), false));
  assert.equal(outcome.state, "waiting");
  assert.match(outcome.words || "", /没有信号/);
  assert.equal(server.rows.size, 1, "the server has it, the phone can't know");
  assert.equal((await Submissions.all())[0]?.words, outcome.words, "and says why it waits");
  const [again] = await Sending.flush();
  assert.equal(again?.reply?.number, "20261124-001", "the answer that was lost");
  assert.equal(server.posts.length, 2);
  assert.equal(server.rows.size, 1);
  assert.deepEqual(await Submissions.all(), []);
});

test("two pages and the worker that send at once leave a row a form", async () => {
  const tab = await twoWaiting();
  const outcomes = await Promise.all([tab.Sending.flush(), open().Sending.flush(), open().Sending.flush()]);
  assert.equal(server.rows.size, 2);
  assert.ok(server.posts.length > 2, "they did send at once");
  assert.ok(outcomes.flat().every((outcome) => outcome.state === "in"));
  assert.deepEqual(await tab.Submissions.all(), []);
});

test("a page that sends twice at a time sends once", async () => {
  const { Sending } = await twoWaiting();
  const [first, second] = await Promise.all([Sending.flush(), Sending.flush()]);
  assert.equal(first, second);
  assert.equal(server.posts.length, 2);
  assert.deepEqual(await Sending.flush(), [], "nothing waits");
});

test("a page whose answer is lost does not bring back what the worker sent meanwhile", async () => {
  const tab = open(), worker = open();
  const waiting = await tab.Submissions.handOver(draft(), false);
  /** @type {Promise<unknown> | undefined} */
  let workerIsDone;
  server.trouble = async () => {
    if (workerIsDone) return undefined;
    workerIsDone = worker.Sending.flush();
    await workerIsDone;
    return "lose";
  };
  assert.equal((await tab.Sending.send(waiting)).state, "waiting");
  assert.deepEqual(await tab.Submissions.all(), []);
});

test("a form that another page sent while it waited for its turn is not sent again", async () => {
  const tab = await twoWaiting();
  server.trouble = async () => {
    if (server.posts.length === 1) await tab.Submissions.change("b".repeat(32), () => null);
    return undefined;
  };
  assert.deepEqual(states(await tab.Sending.flush()), ["in"]);
  assert.deepEqual([...server.rows.keys()], ["a".repeat(32)]);
});

test("a form that turned out wrong while it waited for its turn is left to its person", async () => {
  const tab = await twoWaiting();
  server.trouble = async () => {
    if (server.posts.length > 1) return undefined;
    await tab.Submissions.change("b".repeat(32), (stored) => stored && { ...stored, state: "mend" });
    return undefined;
  };
  assert.deepEqual(states(await tab.Sending.flush()), ["in"]);
  assert.deepEqual((await tab.Submissions.all()).map((stored) => stored.state), ["mend"]);
});

test("a lost answer does not send again what its person is correcting", async () => {
  const tab = open(), worker = open();
  const wrong = await tab.Submissions.handOver(draft({ cells: {} }), false);
  server.trouble = async () => {
    if (server.posts.length > 1) return undefined;
    await tab.Sending.send(wrong);
    return "cut";
  };
  assert.deepEqual(states(await worker.Sending.flush()), ["waiting"]);
  assert.equal((await tab.Submissions.get(wrong.id))?.state, "mend");
  assert.deepEqual(await tab.Sending.flush(), []);
});

test("a late refusal does not touch what its person corrected and sent meanwhile", async () => {
  const tab = open(), worker = open();
  const wrong = await tab.Submissions.handOver(draft({ cells: {} }), false);
  server.trouble = async () => {
    if (server.posts.length > 1) return undefined;
    await tab.Sending.send(wrong);
    const refused = await tab.Submissions.get(wrong.id);
    assert.equal(refused?.state, "mend");
    await tab.Submissions.handOver({ ...wrong, ...refused, cells: { street: "新正街" } }, true);
    return undefined;
  };
  assert.deepEqual(states(await worker.Sending.flush()), ["mend"], "the answer to what was sent first");
  const [stored] = await tab.Submissions.all();
  assert.equal(stored?.state, "waiting");
  assert.deepEqual(stored?.cells, { street: "新正街" });
  assert.deepEqual(states(await tab.Sending.flush()), ["in"]);
});

describe("what the server refuses", () => {
  test("faults go to their fields, and the form waits for its person", async () => {
    const { Submissions, Sending } = open();
    const outcome = await Sending.send(await Submissions.handOver(draft({ cells: {} }), false));
    assert.deepEqual(outcome.faults, { street: "没有填，请补上。" });
    assert.equal((await Submissions.all())[0]?.state, "mend");
    assert.deepEqual(await Sending.flush(), []);
    assert.equal(server.posts.length, 1);
  });

  for (const status of [400, 404, 413, 415, 422]) {
    test(`${status} is not sent again by itself`, async () => {
      const { Submissions, Sending } = open();
      server.trouble = () => ({ status, body: "<h1>no</h1>" });
      const outcome = await Sending.send(await Submissions.handOver(draft(), false));
      assert.equal(outcome.state, "mend");
      assert.match(outcome.faults?.[""] || "", new RegExp(`服务器不收（${status}）`));
      assert.deepEqual(await Sending.flush(), []);
      assert.equal(server.posts.length, 1);
    });
  }

  for (const status of [200, 401, 403, 409, 429, 500, 503]) {
    test(`${status} passes: the form is sent again and gets in`, async () => {
      const { Submissions, Sending } = open();
      server.trouble = () => (server.posts.length === 1 ? { status, body: '{"words": "请稍后。"}' } : undefined);
      const outcome = await Sending.send(await Submissions.handOver(draft(), false));
      assert.equal(outcome.state, "waiting");
      assert.match(outcome.words || "", status === 401 ? /登录已经失效/ : /请稍后/);
      assert.deepEqual(states(await Sending.flush()), ["in"]);
      assert.equal(server.rows.size, 1);
    });
  }

  test("one form that can't go does not stop the next", async () => {
    const tab = await twoWaiting();
    // A record of a version that is not ours: what stands in it can't be sent.
    await tab.Submissions.change("a".repeat(32), (stored) => Object.assign({}, stored, { photos: null }));
    assert.deepEqual(states(await tab.Sending.flush()), ["waiting", "in"]);
    assert.deepEqual([...server.rows.keys()], ["b".repeat(32)]);
  });
});

describe("photos", () => {
  /** @param {number} bytes */
  const withPhoto = async (bytes) => {
    const tab = open();
    return { ...tab, waiting: await tab.Submissions.handOver(draft({ photos: [photo(bytes)] }), false) };
  };
  const pieces = () => server.seen.filter((seen) => seen.method === "PUT").map((seen) => seen.offset);

  test("a photo goes in pieces and arrives as it was, before its form", async () => {
    const { Sending, waiting } = await withPhoto(2 * PIECE + 10);
    assert.equal((await Sending.send(waiting)).state, "in");
    assert.deepEqual(pieces(), [0, PIECE, 2 * PIECE]);
    const original = Buffer.from(await photo(2 * PIECE + 10).blob.arrayBuffer());
    assert.ok(server.photos.get("photo-1")?.equals(original));
    assert.deepEqual(server.rows.get(waiting.id)?.photos, ["id of photo-1"]);
  });

  test("a photo goes on where the line broke", async () => {
    const { Submissions, Sending, waiting } = await withPhoto(3 * PIECE);
    server.trouble = (seen) => (seen.offset === 2 * PIECE && pieces().length === 3 ? "cut" : undefined);
    assert.equal((await Sending.send(waiting)).state, "waiting");
    assert.equal(server.rows.size, 0, "no form without its photo");
    assert.deepEqual(states(await Sending.flush()), ["in"]);
    assert.deepEqual(pieces(), [0, PIECE, 2 * PIECE, 2 * PIECE]);
    assert.deepEqual(await Submissions.all(), []);
  });

  test("a piece whose answer was lost is not sent twice", async () => {
    const { Sending, waiting } = await withPhoto(3 * PIECE);
    server.trouble = (seen) => (seen.offset === PIECE ? "lose" : undefined);
    await Sending.send(waiting);
    assert.deepEqual(states(await Sending.flush()), ["in"]);
    assert.deepEqual(pieces(), [0, PIECE, 2 * PIECE]);
    assert.equal(server.photos.get("photo-1")?.length, 3 * PIECE);
  });

  test("two pages that upload one photo at once leave it whole", async () => {
    const { Sending, waiting } = await withPhoto(4 * PIECE);
    await Promise.all([Sending.send(waiting), open().Sending.flush()]);
    assert.equal(server.photos.get("photo-1")?.length, 4 * PIECE);
    assert.equal(server.rows.size, 1);
  });

  test("a photo that was sent ahead is not sent with the form", async () => {
    const { Submissions, Sending } = open();
    const shot = photo(PIECE);
    await Promise.all([Sending.upload(shot, "/photos/upload/"), Sending.upload(shot, "/photos/upload/")]);
    assert.deepEqual(pieces(), [0]);
    await Sending.send(await Submissions.handOver(draft({ photos: [shot] }), false));
    assert.deepEqual(pieces(), [0]);
  });

  test("a photo that the server can't open is its form's fault, in its place", async () => {
    const { Sending, waiting } = await withPhoto(PIECE);
    server.trouble = (seen) => (seen.method === "PUT" ? { status: 422, body: '{"error": "这不是 JPG。"}' } : undefined);
    assert.deepEqual((await Sending.send(waiting)).faults, { photos: "这不是 JPG。" });
    assert.deepEqual(await Sending.flush(), []);
  });

  for (const [title, body] of [["a network's own sign-in page", "<html>Wi-Fi</html>"], ["null", "null"], ["an offset that never grows", '{"offset": 0}']]) {
    test(`${title} in place of the server's answer keeps no phone sending for ever`, async () => {
      const { Sending, waiting } = await withPhoto(PIECE);
      server.trouble = () => ({ status: 200, body: body || "" });
      assert.equal((await Sending.send(waiting)).state, "waiting");
      assert.ok(server.seen.length < 10, `${server.seen.length} requests`);
    });
  }

  const noFileBlobs = fs.openAsBlob === undefined && "this Node can't make a blob of a file";
  test("a photo that the phone lost is told to its person", { skip: noFileBlobs }, async () => {
    const { Submissions, Sending, waiting } = await withPhoto(PIECE);
    const file = join(fs.mkdtempSync(join(tmpdir(), "photo-")), "photo.jpg");
    fs.writeFileSync(file, Buffer.alloc(PIECE));
    const blob = await fs.openAsBlob(file);
    fs.rmSync(file);
    const outcome = await Sending.send({ ...waiting, photos: [{ ...photo(PIECE), blob }] });
    assert.match(outcome.faults?.photos || "", /读不出来/);
    assert.equal((await Submissions.all())[0]?.state, "mend");
  });
});
