/* Answers that can be taken back for ten seconds: until then they wait on this page, and then they are written. A page that
   is closed or hidden writes at once what waits. */
"use strict";

const UNDO_SECONDS = 10;

/**
 * An answer that waits. `write` posts it; `back` undoes what the page showed.
 * @typedef {{ words: string, write: () => void, back: () => void, timer: ReturnType<typeof setTimeout>, row: HTMLElement }} WaitingAnswer
 */

const Undo = (() => {
  /** @type {WaitingAnswer[]} the last at the end */
  let waiting = [];

  /** @param {WaitingAnswer} answer */
  function leave(answer) {
    clearTimeout(answer.timer);
    answer.row.remove();
    waiting = waiting.filter((other) => other !== answer);
  }

  /** @param {WaitingAnswer} answer */
  function write(answer) {
    leave(answer);
    answer.write();
  }

  /** @param {WaitingAnswer} answer */
  function takeBack(answer) {
    leave(answer);
    answer.back();
  }

  /**
   * A line with the answer and its button.
   * @param {string} words
   */
  function rowOf(words) {
    const row = document.createElement("li"), text = document.createElement("span"), button = document.createElement("button");
    text.textContent = words + "（" + UNDO_SECONDS + " 秒后写入）";
    button.type = "button";
    button.textContent = "撤回";
    row.append(text, button);
    return { row, button };
  }

  /**
   * @param {string} words what was answered
   * @param {() => void} post
   * @param {() => void} back
   */
  function hold(words, post, back) {
    const { row, button } = rowOf(words);
    /** @type {WaitingAnswer} */
    const answer = { words, write: post, back, row, timer: setTimeout(() => { write(answer); }, UNDO_SECONDS * 1000) };
    button.addEventListener("click", () => { takeBack(answer); });
    byId("undo", HTMLElement).append(row);
    waiting.push(answer);
  }

  function last() {
    const answer = waiting[waiting.length - 1];
    if (answer) { takeBack(answer); }
  }

  function writeAll() { waiting.slice().forEach(write); }

  window.addEventListener("pagehide", writeAll);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") { writeAll(); } });

  return { hold, last };
})();
