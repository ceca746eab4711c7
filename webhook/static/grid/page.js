// The page around the grid.

/**
 * The element with that id. Throws where the page has none or one of another kind: template and script disagree.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function byId(id, kind) {
  const known = document.getElementById(id);
  if (!(known instanceof kind)) throw new Error(`no ${kind.name} #${id} on this page`);
  return known;
}

/**
 * A new element at the end of another.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} kind
 * @param {string} looks classes
 * @param {HTMLElement} parent
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(kind, looks, parent) {
  const made = document.createElement(kind);
  if (looks) made.className = looks;
  parent.append(made);
  return made;
}

/**
 * A new button at the end of another element.
 * @param {string} words
 * @param {string} looks classes
 * @param {HTMLElement} parent
 * @param {() => void} act
 * @returns {HTMLButtonElement}
 */
export function actionButton(words, looks, parent, act) {
  const button = element("button", looks, parent);
  button.type = "button";
  button.textContent = words;
  button.addEventListener("click", act);
  return button;
}
