/* The draft of the rules: line numbers beside the text, and what is wrong with it while its author types. */
(() => {
  "use strict";

  /** @typedef {{ line: number, column: number, message: string }} Problem counted from 1 */

  const MOST_SHOWN = 20; // problems
  const text = byId("text", HTMLTextAreaElement);
  const gutter = inside(document, ".gutter", HTMLElement);
  const problems = byId("problems", HTMLElement);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  let checks = 0; // asked for so far: only the last one's answer counts
  let touched = false;

  /** @param {Set<number>} wrong line numbers */
  function drawGutter(wrong) {
    const lines = text.value.split("\n").length;
    gutter.textContent = "";
    for (let number = 1; number <= lines; number += 1) {
      const line = document.createElement(wrong.has(number) ? "span" : "i");
      line.textContent = String(number);
      if (wrong.has(number)) { line.className = "wrong"; } else { line.style.fontStyle = "normal"; }
      gutter.appendChild(line);
      gutter.appendChild(document.createTextNode("\n"));
    }
    gutter.scrollTop = text.scrollTop;
  }

  /**
   * @param {number} line
   * @param {number} column
   */
  function goTo(line, column) {
    const before = text.value.split("\n").slice(0, line - 1).join("\n").length;
    const at = before + (line > 1 ? 1 : 0) + column - 1;
    text.focus();
    text.setSelectionRange(at, at);
    const height = parseFloat(getComputedStyle(text).lineHeight);
    text.scrollTop = Math.max(0, (line - 8) * height);
    gutter.scrollTop = text.scrollTop;
  }

  /**
   * @param {Problem} problem
   * @returns {HTMLLIElement}
   */
  function entry(problem) {
    const item = document.createElement("li"), link = document.createElement("a");
    link.href = "#text";
    link.textContent = "第 " + problem.line + " 行第 " + problem.column + " 字";
    link.dataset.line = String(problem.line);
    link.dataset.column = String(problem.column);
    item.appendChild(link);
    item.appendChild(document.createTextNode("　" + problem.message));
    return item;
  }

  /** @param {Problem[]} list */
  function show(list) {
    drawGutter(new Set(list.map((problem) => problem.line)));
    problems.textContent = "";
    const shown = document.createElement(list.length ? "ul" : "p");
    if (!list.length) {
      shown.className = "good";
      shown.textContent = "没有错。";
    }
    list.slice(0, MOST_SHOWN).forEach((problem) => { shown.appendChild(entry(problem)); });
    problems.appendChild(shown);
  }

  /** @returns {Promise<{ problems: Problem[] }>} */
  function ask() {
    return fetch("/rules/check", {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ text: text.value }),
    }).then((response) => {
      if (!response.ok) { throw new Error("the check answered " + response.status); }
      return response.json();
    });
  }

  function check() {
    checks += 1;
    const mine = checks;
    ask().then(
      (reply) => { if (mine === checks) { show(reply.problems); } },
      () => { if (mine === checks) { problems.textContent = "暂时检查不了，存草稿时会再检查。"; } },
    );
  }

  text.addEventListener("input", () => {
    touched = true;
    clearTimeout(waiting);
    waiting = setTimeout(check, 400);
  });
  text.addEventListener("scroll", () => { gutter.scrollTop = text.scrollTop; });
  problems.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a[data-line]");
    if (!(link instanceof HTMLElement)) { return; }
    event.preventDefault();
    goTo(Number(link.dataset.line), Number(link.dataset.column));
  });
  byId("draft", HTMLFormElement).addEventListener("submit", () => { touched = false; });
  window.addEventListener("beforeunload", (event) => {
    if (!touched) { return; }
    event.preventDefault();
    event.returnValue = "";
  });
  check();
})();
