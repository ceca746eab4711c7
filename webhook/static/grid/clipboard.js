// The clipboard: what is copied, cut and pasted.

/** @import { Grid } from "./grid.js" */

export class Clipboard {
  /** @type {HTMLTextAreaElement | null} */
  #field = null;

  /** @param {Grid} grid */
  constructor(grid) {
    this.grid = grid;
  }

  /** @param {HTMLTextAreaElement} field that has the keyboard */
  listen(field) {
    this.#field = field;
    field.addEventListener("copy", (event) => this.copy(event));
    field.addEventListener("cut", (event) => {
      if (this.copy(event)) this.grid.areas.clear(this.grid.view.area());
    });
    field.addEventListener("paste", (event) => this.paste(event));
  }

  /**
   * @param {ClipboardEvent} event
   * @returns {boolean} whether the clipboard has it
   */
  copy(event) {
    if (this.grid.editor.editing) return false;
    const copied = this.grid.areas.copied(this.grid.view.area());
    event.preventDefault();
    if (!copied || !event.clipboardData) return false;
    event.clipboardData.setData("text/plain", copied.text);
    event.clipboardData.setData("text/html", copied.html);
    return true;
  }

  /** @param {ClipboardEvent} event */
  paste(event) {
    if (this.grid.editor.editing) return;
    event.preventDefault();
    const given = event.clipboardData;
    this.#put(given?.getData("text/plain") || "", given?.getData("text/html") || "");
  }

  /**
   * @param {string} text
   * @param {string} [html]
   */
  #put(text, html = "") {
    if (!text) return;
    const { line, column } = this.grid.view.selection;
    const { order, view, free } = this.grid.sheet;
    // Rows that somebody else wrote since under the others stand where the cursor was sent: the paste goes below them.
    if (this.grid.cursor.onEmpty && !view && line + 1 < order.length) this.grid.select(free - 1, column);
    this.grid.show(this.grid.areas.paste(text, this.grid.view.area(), html));
  }

  // From the menu
  /**
   * Has the browser copy or cut as its key does: what listens to that event says what. Browsers do it only where something is
   * selected, so a blank is.
   * @param {"copy" | "cut"} what
   */
  take(what) {
    if (!this.#field) return;
    this.#field.focus();
    this.#field.value = " ";
    this.#field.select();
    document.execCommand(what); // the clipboard's own interface is not there without https
    this.#field.value = "";
  }

  /** Pastes what the clipboard holds, as far as a page may read it. */
  async put() {
    try {
      this.#put(await navigator.clipboard.readText());
    } catch {
      this.grid.tell("浏览器不让网页读剪贴板，请按 Ctrl+V 粘贴。");
    }
  }
}
