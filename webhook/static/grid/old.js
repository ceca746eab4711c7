// Runs in any browser: says so where the grid can't run.
if (!('noModule' in HTMLScriptElement.prototype) || !window.ResizeObserver || !String.prototype.at) {
  document.getElementById('old').hidden = false;
  document.getElementById('grid').hidden = true;
}
