// What the mouse and a finger do in a tab.

/** @import { Grid, Place } from "./grid.js" */

const LONG = 300; // ms from which on a finger's press opens the menu: browsers also open it for two quick taps

export class Mouse {
  #pressedAt = 0; // ms since the page was opened

  /** @param {Grid} grid */
  constructor(grid) {
    this.grid = grid;
  }

  listen() {
    const { scroller, side, handle, arrow } = this.grid.view;
    for (const pane of [scroller, side]) {
      pane.addEventListener("pointerdown", (event) => this.#press(event));
      pane.addEventListener("dblclick", () => this.grid.editor.begin(true));
      pane.addEventListener("click", (event) => this.#click(event));
      pane.addEventListener("contextmenu", (event) => this.#menu(event));
    }
    this.grid.editor.field.addEventListener("contextmenu", (event) => {
      if (!this.grid.editor.editing) event.preventDefault(); // the key's own: the menu is open
    });
    side.addEventListener("pointerdown", (event) => this.#pan(event));
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
    this.#pressedAt = event.timeStamp;
    if (event.button !== 0 || event.target === view.handle || event.target === view.arrow) return;
    if (event.target === view.scroller && event.offsetX > view.scroller.clientWidth) return; // its scroll bar
    const place = view.at(event.clientX, event.clientY);
    this.grid.editor.touched = event.pointerType === "touch";
    if (!place || this.grid.editor.touched) return; // a finger may be about to scroll: it selects when it taps
    event.preventDefault();
    this.#stand(place, event.shiftKey);
    const end = this.grid.sheet.columns.length - 1;
    this.#drag((at) => this.grid.select(at.line, place.column < 0 ? end : at.column, true));
  }

  /**
   * Selects a cell, or over the line numbers a line.
   * @param {Place} place
   * @param {boolean} extend from where the cursor stands to there
   */
  #stand({ line, column }, extend) {
    const { view, sheet, editor } = this.grid;
    editor.commit();
    if (column >= 0) {
      this.grid.select(line, column, extend);
      return;
    }
    view.selection = { line: extend ? view.selection.line : line, column: 0, line2: line, column2: sheet.columns.length - 1 };
    view.later();
    editor.stand();
    this.grid.bar();
  }

  /**
   * The pane that stays scrolls under a finger as the other does.
   * @param {PointerEvent} event
   */
  #pan(event) {
    if (event.pointerType !== "touch") return;
    const { scroller } = this.grid.view;
    const [from, top] = [event.clientY, scroller.scrollTop];
    const move = (/** @type {PointerEvent} */ moved) => (scroller.scrollTop = top + from - moved.clientY);
    const stop = () => window.removeEventListener("pointermove", move);
    window.addEventListener("pointermove", move);
    for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, stop, { once: true });
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
        const down = this.grid.view.lines.top(at.line) - this.grid.view.lines.top(area.bottom) >= this.#beyond(area.right, at.column);
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
   * A finger's tap; and the large photos instead of the single one that the thumbnail leads to.
   * @param {MouseEvent} event
   */
  #click(event) {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (this.grid.editor.touched && event.target !== this.grid.view.arrow) this.#tap(event, link !== null);
    if (!link || !link.matches(".photos") || event.ctrlKey) return;
    event.preventDefault();
    this.grid.commands.run("open");
  }

  /**
   * The first tap selects a cell, the second writes in it.
   * @param {MouseEvent} event
   * @param {boolean} leads the tap opens what the cell leads to
   */
  #tap(event, leads) {
    const { view } = this.grid;
    const place = view.at(event.clientX, event.clientY);
    if (!place) return;
    const { line, column } = view.selection;
    if (!leads && place.line === line && place.column === column) this.grid.commands.edit();
    else this.#stand(place, false);
  }

  /** @param {MouseEvent} event */
  #menu(event) {
    event.preventDefault();
    if (this.grid.editor.touched && event.timeStamp - this.#pressedAt < LONG) return;
    const place = this.grid.view.at(event.clientX, event.clientY);
    const { top, bottom, left, right } = this.grid.view.area();
    const outside = place && (place.line < top || place.line > bottom || (place.column >= 0 && (place.column < left || place.column > right)));
    if (outside) this.grid.select(place.line, Math.max(0, place.column));
    this.grid.commands.menu(event.clientX, event.clientY);
  }
}
