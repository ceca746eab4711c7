// What the mouse does in a tab.

/** @import { Grid, Place } from "./grid.js" */

export class Mouse {
  /** @param {Grid} grid */
  constructor(grid) {
    this.grid = grid;
  }

  listen() {
    const { scroller, side, handle, arrow } = this.grid.view;
    for (const pane of [scroller, side]) {
      pane.addEventListener("pointerdown", (event) => this.#press(event));
      pane.addEventListener("dblclick", () => this.grid.editor.begin(true));
      pane.addEventListener("click", (event) => this.#openPhotos(event));
      pane.addEventListener("contextmenu", (event) => this.#menu(event));
    }
    this.grid.editor.field.addEventListener("contextmenu", (event) => {
      if (!this.grid.editor.editing) event.preventDefault(); // the key's own: the menu is open
    });
    side.addEventListener("wheel", (event) => {
      scroller.scrollTop += event.deltaY;
      event.preventDefault();
    }, { passive: false });
    arrow.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the cell keeps the keyboard
      this.grid.commands.choose();
    });
    handle.addEventListener("pointerdown", (event) => this.#dragFill(event));
  }

  /** @param {PointerEvent} event */
  #press(event) {
    const { view } = this.grid;
    if (event.button !== 0 || event.target === view.handle || event.target === view.arrow) return;
    if (event.target === view.scroller && event.offsetX > view.scroller.clientWidth) return; // its scroll bar
    const place = view.at(event.clientX, event.clientY);
    if (!place) return;
    event.preventDefault();
    this.grid.editor.commit();
    const end = this.grid.sheet.columns.length - 1;
    if (place.column < 0) {
      view.selection = { line: event.shiftKey ? view.selection.line : place.line, column: 0, line2: place.line, column2: end };
      view.later();
      this.grid.editor.stand();
      this.grid.bar();
    } else {
      this.grid.select(place.line, place.column, event.shiftKey);
    }
    if (event.pointerType === "touch") return;
    this.#drag((at) => this.grid.select(at.line, place.column < 0 ? end : at.column, true));
  }

  /**
   * @param {(at: Place) => void} each
   * @param {(event: PointerEvent) => void} [end]
   */
  #drag(each, end = () => {}) {
    const move = (/** @type {PointerEvent} */ event) => {
      const at = this.grid.view.at(event.clientX, event.clientY);
      if (at) each({ line: at.line, column: Math.max(0, at.column) });
    };
    const stop = (/** @type {PointerEvent} */ event) => {
      window.removeEventListener("pointermove", move);
      end(event);
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", stop, { once: true });
  }

  /**
   * Down or to the right, whichever the mouse went farther.
   * @param {PointerEvent} event
   */
  #dragFill(event) {
    event.preventDefault();
    event.stopPropagation();
    const area = this.grid.view.area();
    let whole = area;
    this.#drag(
      (at) => {
        const down = (at.line - area.bottom) * this.grid.view.height >= this.#beyond(area.right, at.column);
        whole = down ? { ...area, bottom: Math.max(area.bottom, at.line) } : { ...area, right: at.column };
        this.grid.show(whole);
      },
      ({ ctrlKey }) => {
        if (whole.bottom > area.bottom || whole.right > area.right) this.grid.areas.extend(area, whole, ctrlKey);
      },
    );
  }

  /**
   * How far a column ends at the right of another, in pixels.
   * @param {number} column
   * @param {number} other
   */
  #beyond(column, other) {
    const { view } = this.grid;
    return view.rectangle(0, other).left - view.rectangle(0, column).left;
  }

  /**
   * The large photos instead of the single one that the thumbnail leads to.
   * @param {MouseEvent} event
   */
  #openPhotos(event) {
    const link = event.target instanceof Element ? event.target.closest("a.photos") : null;
    if (!link || event.ctrlKey) return;
    event.preventDefault();
    this.grid.commands.run("open");
  }

  /** @param {MouseEvent} event */
  #menu(event) {
    event.preventDefault();
    const place = this.grid.view.at(event.clientX, event.clientY);
    const { top, bottom, left, right } = this.grid.view.area();
    const outside = place && (place.line < top || place.line > bottom || (place.column >= 0 && (place.column < left || place.column > right)));
    if (outside) this.grid.select(place.line, Math.max(0, place.column));
    this.grid.commands.menu(event.clientX, event.clientY);
  }
}
