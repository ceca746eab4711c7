// Copies the text of 今日通报. Old phones and pages without https have no clipboard of their own: there the text is marked
// and copied as by hand.
(function () {
  'use strict';
  var text = document.getElementById('text');
  var button = document.getElementById('copy');
  var copied = document.getElementById('copied');

  function say(done) {
    copied.textContent = done ? '已复制，到群里粘贴即可。' : '没有复制成，请长按文字自己复制。';
  }

  function byHand() {
    text.focus();
    text.select();
    text.setSelectionRange(0, text.value.length);
    var done = false;
    try { done = document.execCommand('copy'); } catch (error) { done = false; }
    say(done);
  }

  button.addEventListener('click', function () {
    if (navigator.clipboard && navigator.clipboard.writeText) {
      navigator.clipboard.writeText(text.value).then(function () { say(true); }, byHand);
    } else {
      byHand();
    }
  });
})();
