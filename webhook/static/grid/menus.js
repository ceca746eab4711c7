// The menus over the grid: each is a list of buttons in the page, shown where it is asked for.

import { byId } from "./page.js";

/** @returns {HTMLElement[]} */
const all = () => [...document.querySelectorAll("#grid [role=menu]")].filter((menu) => menu instanceof HTMLElement);

/** @returns {boolean} whether one was open */
export function closeMenus() {
  const open = all().filter((menu) => !menu.hidden);
  for (const menu of open) menu.hidden = true;
  return open.length > 0;
}

/**
 * Shows a menu, its first button ready for the keyboard.
 * @param {string} id
 * @param {number} x on the page
 * @param {number} y on the page
 */
export function openMenu(id, x, y) {
  closeMenus();
  const menu = byId(id, HTMLElement);
  const root = byId("grid", HTMLElement).getBoundingClientRect();
  menu.hidden = false;
  const left = Math.max(0, Math.min(x - root.left, root.width - menu.offsetWidth - 4));
  const top = Math.max(0, Math.min(y - root.top, root.height - menu.offsetHeight - 4));
  menu.style.transform = `translate(${left}px, ${top}px)`;
  menu.querySelector("button")?.focus();
}

/** @param {() => void} closed what follows when Esc closed one */
export function listenToMenus(closed) {
  for (const menu of all()) menu.addEventListener("keydown", (event) => press(menu, event, closed));
  document.addEventListener("pointerdown", (event) => {
    const target = event.target instanceof Element ? event.target : document.body;
    if (!target.closest("[role=menu]")) closeMenus();
  });
}

/**
 * @param {HTMLElement} menu
 * @param {KeyboardEvent} event
 * @param {() => void} closed
 */
function press(menu, event, closed) {
  const items = [...menu.querySelectorAll("button")].filter((item) => !item.hidden);
  const at = items.findIndex((item) => item === document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) items[(at + step + items.length) % items.length]?.focus();
  if (event.key === "Escape") {
    closeMenus();
    closed();
  }
  if (step || event.key === "Escape") event.preventDefault();
}
