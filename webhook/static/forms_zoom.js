/* The photos of an issue large, both sides at once; a tap shows one in its own size. */
"use strict";

(() => {
  const dialog = document.createElement("dialog");
  dialog.className = "zoom";
  dialog.setAttribute("aria-label", "看大图");

  /**
   * The photos beside the one that was tapped: the first of each side, the tapped one in its place.
   * @param {HTMLImageElement} tapped
   * @returns {HTMLImageElement[]}
   */
  function pairOf(tapped) {
    const sides = tapped.closest(".sides"), own = tapped.closest("figure");
    const figures = sides ? Array.from(sides.querySelectorAll("figure")) : [];
    const images = figures.map((figure) => (figure === own ? tapped : figure.querySelector("img")));
    const there = images.filter((image) => image instanceof HTMLImageElement);
    return there.length ? there : [tapped];
  }

  /** @param {HTMLImageElement} image */
  function large(image) {
    const figure = document.createElement("figure"), shown = new Image(), caption = document.createElement("figcaption");
    shown.src = (image.closest("a") || image).getAttribute("href") || image.src;
    shown.alt = image.alt;
    caption.textContent = image.alt;
    figure.append(caption, shown);
    shown.addEventListener("click", () => { figure.classList.toggle("own-size"); });
    return figure;
  }

  function closeButton() {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "关闭";
    button.addEventListener("click", () => { dialog.close(); });
    return button;
  }

  /** @param {HTMLImageElement} tapped */
  function open(tapped) {
    const pair = document.createElement("div");
    pair.className = "pair";
    pair.append(...pairOf(tapped).map(large));
    dialog.replaceChildren(closeButton(), pair);
    if (!dialog.isConnected) { document.body.append(dialog); }
    dialog.showModal();
  }

  document.addEventListener("click", (event) => {
    const image = event.target instanceof Element ? event.target.closest(".shots img") : null;
    if (image instanceof HTMLImageElement && typeof dialog.showModal === "function") {
      event.preventDefault();
      open(image);
    }
  });
})();
