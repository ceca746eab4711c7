/* Copies the text of 今日通报. Old phones and pages without https have no clipboard of their own: there the text is marked
   and copied as by hand. */
(() => {
  "use strict";
  const text = byId("text", HTMLTextAreaElement), copied = byId("copied", HTMLElement);

  /** @param {boolean} done */
  function report(done) {
    copied.textContent = done ? "已复制，到群里粘贴即可。" : "没有复制成，请长按文字自己复制。";
  }

  function copyByHand() {
    text.focus();
    text.select();
    text.setSelectionRange(0, text.value.length);
    let done = false;
    try { done = document.execCommand("copy"); } catch (error) { console.warn(error); }
    report(done);
  }

  byId("copy", HTMLButtonElement).addEventListener("click", () => {
    if (navigator.clipboard && navigator.clipboard.writeText) {
      navigator.clipboard.writeText(text.value).then(() => { report(true); }, copyByHand);
    } else {
      copyByHand();
    }
  });
  enable("#copy");
})();
