/* Takes the secret of a personal link from behind the # of the address, where no server and no proxy sees it, into the form
   that is sent. Without a script the person pastes the link. */
(() => {
  "use strict";
  const link = byId("link", HTMLInputElement);

  function take() {
    const secret = location.hash.slice(1);
    if (!secret) { return; }
    link.value = secret;
    byId("paste", HTMLElement).hidden = true;
    history.replaceState(null, "", location.pathname);
  }

  window.addEventListener("hashchange", take);
  take();
})();
