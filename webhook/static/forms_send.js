/* Sends the forms that wait: first the photos, in pieces that go on where the line broke, then the form. Form and photos
   carry ids made on the phone, and the server takes each id once: what is sent again changes nothing. So an answer that was
   lost, two pages, or a page and the worker at the same time leave one row. Used by pages and the worker. */
"use strict";

/**
 * A form as it goes over the line; `photos`: the server's ids.
 * @typedef {{ id: string, person: string, at: string | undefined, cells: Record<string, string>, photos: (string | undefined)[] }} FormMessage
 */

/**
 * What the server says to a form, or to a piece of a photo; where it is not JSON, nothing.
 * @typedef {object} Reply
 * @property {string} [words] for the person
 * @property {string} [error] why not, where the request itself is refused
 * @property {Record<string, string>} [faults] a sentence by column key
 * @property {string} [number] of the issue, and what else the row will say
 * @property {string} [status]
 * @property {string} [deadline] ISO
 * @property {string} [unit]
 * @property {string} [chief]
 * @property {string} [repeat]
 * @property {number} [offset] bytes of the photo that the server has
 * @property {string} [photo] the photo's id, once the server has it all
 */

/** @typedef {{ status: number, body: Reply }} Answer */

/**
 * What became of a form that was sent: itself as it stands then, and what the server said where it is in.
 * @typedef {Submission & { reply?: Reply }} Outcome
 */

/**
 * @param {ReturnType<typeof submissionStore>} store
 * @param {(address: string, options: RequestInit) => Promise<Response>} request
 */
function formSender(store, request) {
  const PIECE = 128 * 1024; // bytes
  const NO_SIGNAL = "没有信号，有信号时自动发送。", NO_ANSWER = "服务器没有应答，稍后自动再发。";
  /** @type {Promise<Outcome[]> | null} */
  let flushing = null;
  /** @type {Map<string, Promise<string>>} uploads under way on this page, by the photo's name */
  const uploading = new Map();

  /** It can't go now and is sent again by itself. The message is for the person. */
  class Later extends Error {}

  /** It will never be taken as it is. */
  class Refused extends Error {
    /** @param {Record<string, string>} faults a sentence by column key */
    constructor(faults) {
      super("refused");
      this.faults = faults;
    }
  }

  /**
   * @param {string} address
   * @param {RequestInit} options
   * @returns {Promise<Answer>}
   */
  function ask(address, options) {
    const headers = { Accept: "application/json", ...options.headers };
    return request(address, { ...options, credentials: "same-origin", headers })
      .catch(() => { throw new Later(NO_SIGNAL); })
      .then((response) => response.json().catch(() => null).then((body) => ({
        status: response.status, body: body && typeof body === "object" ? body : {},
      })));
  }

  /**
   * Whether sending the same again can help: the line, the server, the sign-in or whose phone it is may change. What a
   * network that wants a sign-in of its own answers in place of the server looks like a redirect, a yes or a 403.
   * @param {number} status
   */
  function passing(status) { return status < 400 || status >= 500 || [401, 403, 408, 409, 425, 429].indexOf(status) >= 0; }

  /**
   * The error for an answer that is no yes.
   * @param {Answer} answer
   * @param {string} key of the column under which a refusal is shown
   * @returns {Error}
   */
  function failure(answer, key) {
    const words = answer.body.error || answer.body.words, faults = answer.body.faults || {};
    if (answer.status === 401) { return new Later("登录已经失效，请用自己的链接打开以后再发。"); }
    if (passing(answer.status)) { return new Later(words || NO_ANSWER); }
    if (Object.keys(faults).length) { return new Refused(faults); }
    return new Refused({ [key]: words || "服务器不收（" + answer.status + "），请检查以后再发一次。" });
  }

  /**
   * Bytes of a piece. Rejects where the phone lost the photo, so that a form does not wait for ever for it.
   * @param {Blob} blob
   */
  function read(blob) {
    return new Response(blob).arrayBuffer()
      .catch(() => { throw new Refused({ photos: "有一张照片在手机上读不出来了，请删掉重新拍。" }); });
  }

  /**
   * Sends what the server lacks of a photo; resolves to the server's id.
   * @param {Photo} photo
   * @param {string} uploads
   * @returns {Promise<string>}
   */
  function sendPieces(photo, uploads) {
    const total = photo.blob.size, address = uploads + photo.name;
    const taken = photo.taken ? "&taken=" + encodeURIComponent(photo.taken) : "";
    let requests = 2 * Math.ceil(total / PIECE) + 4; // twice what it takes: no answer keeps a phone sending for ever
    /**
     * @param {number} offset
     * @returns {Promise<string>}
     */
    function put(offset) {
      return read(photo.blob.slice(offset, offset + PIECE)).then((bytes) => ask(
        address + "?offset=" + offset + "&total=" + total + taken,
        { method: "PUT", body: bytes, headers: { "Content-Type": "application/octet-stream" } },
      )).then(next);
    }
    /**
     * @param {Answer} answer
     * @returns {string | Promise<string>}
     */
    function next(answer) {
      if (answer.status !== 200) { throw failure(answer, "photos"); }
      if (answer.body.photo) { return answer.body.photo; }
      requests -= 1;
      if (typeof answer.body.offset !== "number" || requests < 0) { throw new Later(NO_ANSWER); }
      return put(Math.max(0, Math.min(answer.body.offset, total - 1)));
    }
    return ask(address, { method: "GET" }).then(next);
  }

  /**
   * Uploads a photo and gives it its id; twice at a time is once.
   * @param {Photo} photo
   * @param {string} uploads
   * @returns {Promise<Photo>}
   */
  function upload(photo, uploads) {
    if (photo.id) { return Promise.resolve(photo); }
    const running = uploading.get(photo.name) || sendPieces(photo, uploads);
    uploading.set(photo.name, running);
    const over = () => { uploading.delete(photo.name); };
    running.then(over, over);
    return running.then((id) => Object.assign(photo, { id }));
  }

  /**
   * @param {Submission} submission
   * @returns {Promise<unknown>} done
   */
  function uploadAll(submission) {
    if (submission.photos.every((photo) => photo.id)) { return Promise.resolve(); }
    return submission.photos
      .reduce((/** @type {Promise<unknown>} */ before, photo) => before.then(() => upload(photo, submission.uploads)), Promise.resolve())
      .then(() => note(submission, (stored) => ({ ...stored, photos: submission.photos })));
  }

  /**
   * Notes in the store what happened to a form that is being sent, unless its person handed it over anew since. Where
   * the store refuses, the form goes on waiting there: it is sent again, and the server answers what it answered before.
   * @param {Submission} submission
   * @param {(stored: Submission) => Submission | null} edit
   * @returns {Promise<unknown>} done
   */
  function note(submission, edit) {
    return store.change(submission.id, (stored) => {
      const same = stored && stored.state === "waiting" && revisionOf(stored) === revisionOf(submission);
      return stored && same ? edit(stored) : undefined;
    }).catch(() => null);
  }

  /**
   * Deletes a form that the server has, also where the phone was too full to note that it waits: its id is spent.
   * @param {Submission} submission
   */
  function drop(submission) {
    return store.change(submission.id, (stored) => stored && revisionOf(stored) <= revisionOf(submission) ? null : undefined)
      .catch(() => null); // then it is sent again, and the server knows it
  }

  /**
   * @param {Submission} submission
   * @returns {Promise<Reply>}
   */
  function post(submission) {
    /** @type {FormMessage} */
    const body = { id: submission.id, person: submission.person, at: submission.at, cells: submission.cells,
      photos: submission.photos.map((photo) => photo.id) };
    return ask(submission.post, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } })
      .then((answer) => {
        if (answer.status !== 201) { throw failure(answer, ""); }
        return answer.body;
      });
  }

  /**
   * @param {Record<string, string>} faults
   * @returns {{ state: "mend", faults: Record<string, string> }}
   */
  function mend(faults) { return { state: "mend", faults }; }

  /**
   * @param {string} words
   * @returns {{ state: "waiting", words: string }}
   */
  function wait(words) { return { state: "waiting", words }; }

  /**
   * Sends a form; resolves to it as it stands then (in, mend with faults, or waiting with words), and never rejects.
   * @param {Submission} submission
   * @returns {Promise<Outcome>}
   */
  function send(submission) {
    return Promise.resolve().then(() => uploadAll(submission)).then(() => post(submission)).then(
      (reply) => drop(submission).then(() => ({ ...submission, state: "in", reply })),
      (error) => {
        const news = error instanceof Refused ? mend(error.faults) : wait(error instanceof Later ? error.message : NO_ANSWER);
        return note(submission, (stored) => ({ ...stored, ...news })).then(() => ({ ...submission, ...news }));
      },
    );
  }

  /**
   * Sends a form of the list if it still waits, as it is stored by now.
   * @param {string} id
   * @returns {Promise<Outcome[]>} what became of it; empty where it waits no more
   */
  function sendStored(id) {
    return store.get(id).then((stored) =>
      stored && stored.state === "waiting" ? send(stored).then((outcome) => [outcome]) : []);
  }

  /**
   * Sends what waits, one form after the other; what can't go does not stop the next. Twice at a time is once.
   * @returns {Promise<Outcome[]>} what became of each; empty where the store can't be read
   */
  function flush() {
    if (!flushing) {
      const over = () => { flushing = null; };
      flushing = store.all().then((submissions) => submissions
        .filter((submission) => submission.state === "waiting")
        .reduce((/** @type {Promise<Outcome[]>} */ before, submission) => before.then((outcomes) =>
          sendStored(submission.id).then((more) => outcomes.concat(more))), Promise.resolve([]))).catch(() => []);
      flushing.then(over, over);
    }
    return flushing;
  }

  return { send, flush, upload };
}

const Sending = formSender(Submissions, (address, options) => fetch(address, options));
