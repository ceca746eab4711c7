/* A clean inspection by one tap: the street and where the phone is. Without a place the form is opened, to add a photo. */
"use strict";

(() => {
  const list = byId("list", HTMLElement), { person = "", kind = "" } = list.dataset;
  const NOTHING = "没有发现问题";

  /**
   * @param {Element} row
   * @param {string} words
   */
  function tell(row, words) {
    const place = inside(row, ".told", HTMLElement);
    place.textContent = words;
    place.hidden = false;
  }

  /** @param {string} street the form with what is known filled in */
  function formOf(street) { return "/forms/duties?" + new URLSearchParams({ kind, street, text: NOTHING }).toString(); }

  /**
   * @param {string} street
   * @param {GeolocationPosition} position
   * @returns {Submission}
   */
  function inspection(street, position) {
    const cells = { kind, street, text: NOTHING,
      longitude: position.coords.longitude.toFixed(4), latitude: position.coords.latitude.toFixed(4) };
    return { id: newId(), state: "draft", tab: "duties", person, post: "/forms/duties", uploads: "/photos/upload/", cells, photos: [],
      at: zonedClock(new Date()) };
  }

  /** @param {Outcome} outcome */
  function wordsOf(outcome) {
    if (outcome.state === "in") { return "已记一次督查。"; }
    if (outcome.state === "mend") { return Object.values(outcome.faults || {}).join(""); }
    return "已保存在手机上。" + (outcome.words || "");
  }

  /**
   * @param {Element} row
   * @param {HTMLButtonElement} button
   * @param {Submission} filled
   */
  function send(row, button, filled) {
    Submissions.handOver(filled, false).catch(() => filled).then((held) => Sending.send(held)).then((outcome) => {
      tell(row, wordsOf(outcome));
      button.disabled = outcome.state !== "mend";
    }).catch(() => {
      tell(row, "没有记上，请再试一次。");
      button.disabled = false;
    });
  }

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button.clean") : null;
    const row = button && button.closest("li[data-street]");
    if (!(button instanceof HTMLButtonElement) || !(row instanceof HTMLElement)) { return; }
    const street = row.dataset.street || "";
    if (!navigator.geolocation) { location.assign(formOf(street)); return; }
    button.disabled = true;
    tell(row, "正在取位置…");
    navigator.geolocation.getCurrentPosition(
      (position) => { send(row, button, inspection(street, position)); },
      () => { location.assign(formOf(street)); },
      { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 });
  });
  enable("button.clean");
})();
