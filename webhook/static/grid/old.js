// Runs in any browser: says so where the grid can't run.
(function () {
  var old = document.getElementById('old'), grid = document.getElementById('grid');
  if (!old || !grid || ('noModule' in HTMLScriptElement.prototype && window.ResizeObserver && 'at' in String.prototype)) { return; }
  old.hidden = false;
  grid.hidden = true;
})();
