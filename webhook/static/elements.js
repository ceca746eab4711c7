/* Elements that the script of a page can't do without. */
"use strict";

/**
 * The element with that id. Throws where the page has none or one of another kind: template and script disagree.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
function byId(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) { throw new Error("no " + kind.name + " #" + id + " on this page"); }
  return element;
}

/**
 * The first element in `parent` that matches. Throws like `byId`.
 * @template {HTMLElement} T
 * @param {ParentNode} parent
 * @param {string} selector
 * @param {new () => T} kind
 * @returns {T}
 */
function inside(parent, selector, kind) {
  const element = parent.querySelector(selector);
  if (!(element instanceof kind)) { throw new Error("no " + kind.name + " " + selector + " on this page"); }
  return element;
}

/**
 * Frees buttons that the page brings disabled, once its script listens: a tap before would be lost without a word.
 * @param {string} selector
 */
function enable(selector) {
  document.querySelectorAll(selector).forEach((button) => { button.removeAttribute("disabled"); });
}
