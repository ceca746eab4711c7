// The large photos of a row: before beside after.

import { actionButton, element } from "./page.js";


/** @import { Sheet } from "./sheet.js" */

export class Photos {
  #opened = 0; // how often: what comes for an earlier row is left

  /**
   * @param {HTMLElement} root
   * @param {Sheet} sheet
   * @param {() => void} closed
   */
  constructor(root, sheet, closed) {
    this.sheet = sheet;
    this.closed = closed;
    this.panel = element("div", "panel photos", root);
    this.panel.hidden = true;
    this.panel.tabIndex = -1;
    this.panel.setAttribute("role", "dialog");
    this.panel.setAttribute("aria-label", "照片");
    this.panel.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") this.close();
    });
  }

  /** @param {number} row id */
  async open(row) {
    const opened = ++this.#opened;
    const { panel } = this;
    panel.textContent = "正在找照片…";
    panel.hidden = false;
    panel.focus();
    try {
      const { before, after } = await this.sheet.server.photos(row);
      if (opened === this.#opened) this.#draw(before, after);
    } catch (error) {
      panel.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  /**
   * @param {string[]} before
   * @param {string[]} after
   */
  #draw(before, after) {
    this.panel.textContent = "";
    actionButton("关闭（Esc）", "main", this.panel, () => this.close());
    const pair = element("div", "pair", this.panel);
    for (const [title, photos] of /** @type {[string, string[]][]} */ ([["整改前", before], ["整改后", after]])) {
      const side = element("section", "", pair);
      element("h2", "", side).textContent = title;
      if (!photos.length) element("p", "quiet", side).textContent = "没有照片。";
      for (const [place, photo] of photos.entries()) large(side, photo, `${title}第 ${place + 1} 张`);
    }
  }

  close() {
    this.#opened += 1;
    this.panel.hidden = true;
    this.closed();
  }
}

/**
 * @param {HTMLElement} side
 * @param {string} photo
 * @param {string} words
 */
function large(side, photo, words) {
  const link = element("a", "", side);
  link.href = `/photos/${photo}`;
  link.target = "_blank";
  link.rel = "noopener";
  const image = element("img", "", link);
  image.src = `/photos/${photo}`;
  image.alt = words;
}
