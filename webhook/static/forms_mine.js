/* 我的: clocks that tick, what still waits on the phone, and pages kept for when there is no signal. */
(() => {
  "use strict";
  const box = byId("waiting", HTMLElement), list = byId("waiting-list", HTMLElement);
  /** @type {Record<string, string>} */
  const TABS = { issues: "填报问题", feedback: "整改反馈", duties: "履职记录", requests: "申请" };

  function tick() {
    document.querySelectorAll(".left").forEach((place) => {
      if (!(place instanceof HTMLElement) || !place.parentElement) { return; }
      const left = timeLeft(new Date(place.dataset.deadline || ""), new Date());
      place.textContent = left.words;
      place.parentElement.classList.toggle("late", left.late);
    });
  }

  /**
   * @param {Submission} submission
   * @returns {HTMLLIElement}
   */
  function entry(submission) {
    const item = document.createElement("li"), text = document.createElement("span"), cells = submission.cells;
    const parts = [TABS[submission.tab], cells.street || cells.issue, cells.category || cells.kind || cells.outcome];
    const state = submission.state === "mend" ? "要改正才能收下。" : submission.words || "等待发送。";
    text.textContent = parts.filter(Boolean).join(" · ") + "：" + state;
    item.appendChild(text);
    if (submission.state === "mend") {
      const link = document.createElement("a");
      link.className = "button";
      link.href = submission.post + "?submission=" + submission.id;
      link.textContent = "去改";
      item.appendChild(link);
    }
    return item;
  }

  /* Where the store can't be read, nothing is shown as waiting. */
  function draw() {
    return Submissions.all().catch(() => []).then((/** @type {Submission[]} */ submissions) => {
      const mine = submissions.filter((submission) => submission.person === box.dataset.person && submission.state !== "draft");
      list.textContent = "";
      mine.forEach((submission) => { list.appendChild(entry(submission)); });
      box.hidden = !mine.length;
    });
  }

  function flush() { return Sending.flush().then(draw); }

  byId("send-now", HTMLButtonElement).addEventListener("click", flush);
  window.addEventListener("online", flush);
  setInterval(tick, 30000);
  setInterval(() => { if (!box.hidden) { void flush(); } }, 30000);
  tick();
  void draw().then(flush);
  if (navigator.serviceWorker) {
    navigator.serviceWorker.addEventListener("message", draw);
    // Without a worker (a private window, http) the forms still work while there is a signal.
    navigator.serviceWorker.register("/sw.js").catch(() => null);
    void navigator.serviceWorker.ready.then((registration) => {
      if (registration.active) { registration.active.postMessage("keep"); }
    });
  }
})();
