// The page around the grid.

/**
 * The element with that id. Throws where the page has none or one of another kind: template and script disagree.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function byId(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`no ${kind.name} #${id} on this page`);
  return element;
}
