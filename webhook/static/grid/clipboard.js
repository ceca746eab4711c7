// The clipboard: what is copied, cut and pasted.

/** @import { Grid } from "./grid.js" */

export class Clipboard {
  /** @param {Grid} grid */
  constructor(grid) {
    this.grid = grid;
  }

  /** @param {HTMLElement} field that has the keyboard */
  listen(field) {
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
    const text = event.clipboardData?.getData("text/plain");
    if (!text) return;
    const { line, column } = this.grid.view.selection;
    const { order, view, free } = this.grid.sheet;
    // Rows that somebody wrote since under the others stand where the cursor was sent: the paste goes below them.
    if (this.grid.stood && this.grid.stood.below && !view && line + 1 < order.length) this.grid.select(free - 1, column);
    this.grid.show(this.grid.areas.paste(text, this.grid.view.area()));
  }
}
