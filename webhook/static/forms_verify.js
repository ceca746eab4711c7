/* Verifying by two taps or two keys, one issue a screen; a verdict can be taken back for ten seconds, then it goes into the
   row. */
(() => {
  "use strict";

  /** @typedef {{ result: "通过" | "返工" | "未整改", note: string, basis: string, stands: string | undefined }} Verdict `stands`: what its author saw */

  /** @typedef {{ result: string }} Acceptance 受理, 另立 or 作废 */

  const news = byId("said", HTMLElement);
  let at = 0; // place of the present item among those to verify

  /** @returns {HTMLElement[]} what is still to be verified, from the top */
  function items() { return Array.from(document.querySelectorAll("#waiting > .verify:not([hidden])")).map(asHtml); }

  /**
   * @param {Element} element
   * @returns {HTMLElement}
   */
  function asHtml(element) {
    if (!(element instanceof HTMLElement)) { throw new Error("not an element of HTML"); }
    return element;
  }

  /** @param {number} to */
  function go(to) {
    const all = items();
    at = Math.max(0, Math.min(to, all.length - 1));
    all.forEach((item, place) => { item.classList.toggle("now", place === at); });
    const item = all[at];
    byId("v-place", HTMLElement).textContent = item ? "第 " + (at + 1) + " 件，共 " + all.length + " 件" : "";
    if (item) { item.focus({ preventScroll: true }); }
  }

  /**
   * An item fewer or more: its count, and the words that stand where none is left.
   * @param {HTMLElement} item
   * @param {number} change
   */
  function count(item, change) {
    const isVerdict = item.classList.contains("verify"), list = isVerdict ? "v" : "a";
    const number = byId(list + "-count", HTMLElement);
    number.textContent = String(Math.max(0, Number(number.textContent) + change));
    const left = isVerdict ? items().length : document.querySelectorAll("#reported > .accept:not([hidden])").length;
    byId(list + "-none", HTMLElement).hidden = left > 0;
    byId("v-steps", HTMLElement).hidden = !items().length;
  }

  /**
   * @param {HTMLElement} item
   * @param {string} words empty to take them away
   */
  function showFault(item, words) {
    const place = inside(item, ".fault", HTMLElement);
    place.textContent = words;
    place.hidden = !words;
  }

  /**
   * @param {string} address
   * @param {Verdict | Acceptance} body
   * @returns {Promise<void>} done; rejects with a sentence for the person
   */
  function post(address, body) {
    return fetch(address, { method: "POST", credentials: "same-origin", keepalive: true, body: JSON.stringify(body),
      headers: { "Content-Type": "application/json", Accept: "application/json" } })
      .catch(() => { throw new Error("没有信号，没有写进去，请再试一次。"); })
      .then((response) => response.json().catch(() => null).then((reply) => {
        if (!response.ok) { throw new Error((reply && reply.error) || "没有写进去，请再试一次。"); }
      }));
  }

  /**
   * The item goes from the screen; ten seconds later its answer is written.
   * @param {HTMLElement} item
   * @param {string} address
   * @param {Verdict | Acceptance} body
   * @param {string} words what the person is told
   */
  function settle(item, address, body, words) {
    showFault(item, "");
    hide(item);
    news.hidden = true;
    const told = (item.dataset.number || "") + " " + words;
    Undo.hold(told, () => {
      post(address, body).then(() => {
        item.remove();
        news.textContent = told + "已写入。";
        news.hidden = false;
      }, (error) => { showAgain(item); showFault(item, error.message); });
    }, () => { showAgain(item); });
  }

  /** @param {HTMLElement} item */
  function hide(item) {
    item.hidden = true;
    item.classList.remove("now");
    count(item, -1);
    if (item.classList.contains("verify")) { go(at); }
  }

  /** @param {HTMLElement} item */
  function showAgain(item) {
    item.hidden = false;
    count(item, 1);
    if (item.classList.contains("verify")) { go(items().indexOf(item)); }
  }

  /** @param {HTMLElement} item */
  function addressOf(item) { return "/verify/" + encodeURIComponent(item.dataset.number || ""); }

  /**
   * @param {HTMLElement} item
   * @param {"通过" | "返工" | "未整改"} result
   * @param {string} note why not
   */
  function verdict(item, result, note) {
    const legal = item.querySelector(".legal");
    const basis = legal instanceof HTMLInputElement ? legal.value.trim() : "";
    if (result === "通过" && legal instanceof HTMLInputElement && !basis) {
      showFault(item, "执法类问题要先填执法依据：案号，或不立案的理由。");
      legal.focus();
      return;
    }
    settle(item, addressOf(item), { result, note, basis, stands: item.dataset.stands },
      result === "通过" ? "通过。" : result + "：" + note + "。");
  }

  /** @param {HTMLElement} item */
  function reasonsOf(item) { return inside(item, ".reasons", HTMLElement); }

  /**
   * @param {HTMLElement} item
   * @param {boolean} open
   */
  function showReasons(item, open) {
    reasonsOf(item).hidden = !open;
    inside(item, ".rework", HTMLElement).setAttribute("aria-expanded", String(open));
    if (open) { inside(item, ".reason", HTMLElement).focus(); }
  }

  /**
   * Which of the two it is that does not pass.
   * @param {HTMLElement} button
   * @returns {"返工" | "未整改"}
   */
  function verdictOf(button) { return button.dataset.verdict === "未整改" ? "未整改" : "返工"; }

  /**
   * @param {HTMLElement} item
   * @param {"返工" | "未整改"} result
   */
  function returnInOwnWords(item, result) {
    const words = inside(item, ".words", HTMLInputElement).value.trim();
    if (words) { verdict(item, result, words); } else { showFault(item, "请写一句哪里没改好。"); }
  }

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    const item = button && button.closest(".task");
    if (!button || !(item instanceof HTMLElement)) { return; }
    const looks = button.classList, result = button.dataset.result;
    if (item.classList.contains("verify")) { go(items().indexOf(item)); }
    if (looks.contains("pass")) { verdict(item, "通过", ""); }
    if (looks.contains("rework")) { showReasons(item, Boolean(reasonsOf(item).hidden)); }
    if (looks.contains("reason")) { verdict(item, verdictOf(button), button.dataset.reason || ""); }
    if (looks.contains("send-reason")) { returnInOwnWords(item, verdictOf(button)); }
    if (result) { settle(item, addressOf(item) + "/accept", { result }, result + "。"); }
  });

  /**
   * A key in one of an item's fields.
   * @param {HTMLElement} item
   * @param {HTMLElement} field
   * @param {KeyboardEvent} event
   */
  function keyInField(item, field, event) {
    if (event.key === "Escape") { item.focus(); }
    if (event.key !== "Enter" || event.isComposing) { return; }
    if (field.classList.contains("words")) { event.preventDefault(); returnInOwnWords(item, "返工"); }
    if (field.classList.contains("legal")) { event.preventDefault(); verdict(item, "通过", ""); }
  }

  /**
   * What a key does to the present item; undefined where it does nothing.
   * @param {HTMLElement} item
   * @param {string} key in small letters
   * @returns {(() => void) | undefined}
   */
  function action(item, key) {
    const open = !reasonsOf(item).hidden, reason = item.querySelectorAll(".reason")[Number(key) - 1];
    if (open && reason) { return () => { verdict(item, verdictOf(asHtml(reason)), asHtml(reason).dataset.reason || ""); }; }
    if (key === "escape") { return open ? () => { showReasons(item, false); item.focus(); } : undefined; }
    if (key === "j" || key === "arrowdown") { return () => { go(at + 1); }; }
    if (key === "k" || key === "arrowup") { return () => { go(at - 1); }; }
    if (key === "z") { return () => { const photo = item.querySelector(".shots img"); if (photo) { asHtml(photo).click(); } }; }
    if (key === "u") { return () => { Undo.last(); }; }
    if (key === "1" || key === "p") { return () => { verdict(item, "通过", ""); }; }
    if (key === "2" || key === "r") { return () => { showReasons(item, true); }; }
    return undefined;
  }

  document.addEventListener("keydown", (event) => {
    const item = items()[at], field = event.target;
    if (event.ctrlKey || event.altKey || event.metaKey || !(field instanceof HTMLElement) || field.closest("dialog")) { return; }
    if (!item) { if (event.key.toLowerCase() === "u") { Undo.last(); } return; }
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(field.tagName)) { keyInField(item, field, event); return; }
    const act = action(item, event.key.toLowerCase());
    if (act) { event.preventDefault(); act(); }
  });

  byId("v-before", HTMLElement).addEventListener("click", () => { go(at - 1); });
  byId("v-after", HTMLElement).addEventListener("click", () => { go(at + 1); });

  /* An issue's page leads to its own item. */
  const named = document.getElementById(location.hash.slice(1)), first = named ? items().indexOf(named) : 0;
  if (items().length) { go(Math.max(0, first)); }
  byId("v-steps", HTMLElement).hidden = !items().length;
  enable("button[data-result]");
})();
