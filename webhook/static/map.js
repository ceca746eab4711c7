/* The map: a tap on a mark or a street shows a card with the issues there, made from the rows beneath. */
"use strict";

/**
 * What a map that can be moved asks of the card; null where the page has no map.
 * @typedef {{ showStreet: (street: string, tapped: Element) => void, showIssues: (numbers: string[], tapped: Element) => void,
 *   close: () => void }} Card
 * @type {Card | null}
 */
const mapCard = (() => {
  if (!document.getElementById("stage")) { return null; }
  const stage = byId("stage", HTMLElement), card = byId("card", HTMLElement), title = byId("card-title", HTMLElement);
  const issues = byId("card-issues", HTMLElement), all = byId("card-all", HTMLAnchorElement);
  const everyStreet = all.getAttribute("href") || "";
  const rows = Array.from(document.querySelectorAll("tr[data-issue]")).filter((row) => row instanceof HTMLElement);
  /** What was tapped, to which the keyboard goes back. @type {Element | null} */
  let opener = null;

  /** @param {string} name @param {string} text @param {string} look */
  function element(name, text, look) {
    const made = document.createElement(name);
    made.textContent = text;
    made.className = look;
    return made;
  }

  /** @param {HTMLElement} row @param {string} cell */
  function words(row, cell) {
    const place = row.querySelector("." + cell);
    return place && place.textContent ? place.textContent.trim() : "";
  }

  /** One issue of the card. @param {HTMLElement} row */
  function article(row) {
    const made = document.createElement("article"), link = document.createElement("a");
    link.href = inside(row, "a", HTMLAnchorElement).href;
    link.className = "open";
    link.textContent = (row.dataset["issue"] || "") + " ›";
    if (row.dataset["photo"]) {
      const photo = new Image();
      photo.src = row.dataset["photo"];
      photo.alt = "整改前";
      made.append(photo);
    }
    const late = row.querySelector(".state.late") ? "late" : "";
    made.append(
      link,
      element("p", words(row, "state"), late),
      element("p", words(row, "where") + "　" + words(row, "category"), ""),
      element("p", words(row, "unit") + "　" + words(row, "deadline"), "quiet"),
    );
    return made;
  }

  /**
   * @param {string} heading
   * @param {HTMLElement[]} shown rows of the issues
   * @param {string} street whose list the card leads to
   */
  function fill(heading, shown, street) {
    title.textContent = heading;
    issues.textContent = "";
    issues.append(...shown.map(article));
    if (!shown.length) { issues.append(element("p", "没有没办完的问题。", "quiet")); }
    all.hidden = !street;
    all.href = everyStreet + "?street=" + encodeURIComponent(street);
  }

  /** @param {string} street @param {Element} tapped */
  function showStreet(street, tapped) {
    const there = rows.filter((row) => row.dataset["street"] === street);
    fill(street + (there.length ? "：没有办完 " + there.length + " 件" : ""), there, street);
    show(tapped);
  }

  /** @param {string[]} numbers @param {Element} tapped */
  function showIssues(numbers, tapped) {
    const there = rows.filter((row) => numbers.includes(row.dataset["issue"] || ""));
    const streets = new Set(there.map((row) => row.dataset["street"] || ""));
    const street = streets.size === 1 ? Array.from(streets)[0] || "" : "";
    fill(street || there.length + " 件", there, street);
    show(tapped);
  }

  /** Show the card on the side where it doesn't cover what was tapped. @param {Element} tapped */
  function show(tapped) {
    const box = stage.getBoundingClientRect(), at = tapped.getBoundingClientRect();
    card.classList.toggle("at-left", at.left + at.width / 2 > box.left + box.width / 2);
    opener = tapped;
    card.hidden = false;
    card.scrollTop = 0;
    const hidden = at.bottom - card.getBoundingClientRect().top; // on phones the card covers the lower half
    if (hidden > 0 && tapped.id !== "map" && getComputedStyle(card).position === "fixed") { window.scrollBy(0, hidden + 16); }
    card.focus({ preventScroll: true });
  }

  function close() {
    if (card.hidden) { return; }
    card.hidden = true;
    if (opener instanceof SVGElement || opener instanceof HTMLElement) { opener.focus({ preventScroll: true }); }
  }

  stage.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || event.target.closest("#card, #map")) { return; }
    const tapped = event.target.closest("[data-issues], [data-street]");
    if (!tapped) { close(); return; }
    event.preventDefault();
    const numbers = tapped.getAttribute("data-issues");
    if (numbers) {
      showIssues(numbers.split(" "), tapped);
    } else {
      showStreet(tapped.getAttribute("data-street") || "", tapped);
    }
  });
  byId("card-close", HTMLButtonElement).addEventListener("click", close);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") { close(); } });
  const each = document.getElementById("each");
  window.addEventListener("beforeprint", () => { if (each) { each.setAttribute("open", ""); } });
  return { showStreet, showIssues, close };
})();
