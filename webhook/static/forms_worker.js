/* The forms without a signal: holds the pages that a person opened and our own files, and sends what waits. It holds no
   photo and no list of others, and forgets the pages when their person signs out. Served as /sw.js. */
"use strict";
importScripts("/static/forms_store.js", "/static/forms_send.js");

(() => {
  /** @typedef {ExtendableEvent & { tag: string }} SyncEvent background sync, which the library of types does not know */

  // The library of types gives `self` as any kind of worker; this file is only ever started as a service worker.
  const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
  const FILES = "jielu-files-1", PAGES = "jielu-pages-1";
  const PATIENCE = 4000; // ms for the network before a page is taken from the cache
  const PATHS = ["/mine", "/forms/issues", "/forms/feedback", "/forms/duties", "/forms/requests"];
  const ASSETS = ["style.css", "forms.css", "elements.js", "forms_time.js", "forms_store.js", "forms_send.js", "forms_photo.js",
    "forms.js", "forms_mine.js", "icon.svg"].map((name) => "/static/" + name);
  let signOuts = 0; // since this worker started

  worker.addEventListener("install", (event) => {
    event.waitUntil(caches.open(FILES).then((cache) => cache.addAll(ASSETS)).then(() => worker.skipWaiting()));
  });

  worker.addEventListener("activate", (event) => {
    event.waitUntil(caches.keys()
      .then((names) => Promise.all(names.filter((name) => name !== FILES && name !== PAGES).map((name) => caches.delete(name))))
      .then(() => worker.clients.claim()));
  });

  /**
   * Puts an answer into a cache, unless somebody signed out since it was asked for. Where the phone is full it is not there
   * without a signal, no more.
   * @param {ExtendableEvent} event lasts until it is done
   * @param {string} name
   * @param {RequestInfo} key
   * @param {Response} response
   * @param {number} asked `signOuts` when it was asked for
   */
  function store(event, name, key, response, asked) {
    const copy = response.clone();
    event.waitUntil(caches.open(name)
      .then((cache) => (asked === signOuts ? cache.put(key, copy) : undefined))
      .catch(() => undefined));
  }

  /**
   * One of our files: from the network while it answers, so that a new version is never missed.
   * @param {FetchEvent} event
   * @returns {Promise<Response>}
   */
  function file(event) {
    const asked = signOuts;
    return fetch(event.request).then((response) => {
      if (response.ok) { store(event, FILES, event.request, response, asked); }
      return response;
    }, (error) => caches.match(event.request, { ignoreSearch: true }).then((stored) => {
      if (!stored) { throw error; }
      return stored;
    }));
  }

  /**
   * @param {string} path
   * @returns {Promise<Response | undefined>}
   */
  function storedPage(path) { return caches.open(PAGES).then((cache) => cache.match(path)); }

  /** @returns {Promise<unknown>} done */
  function forgetPages() {
    signOuts += 1;
    return caches.delete(PAGES);
  }

  /**
   * A page: from the network, or as it was when that does not answer soon.
   * @param {FetchEvent} event
   * @param {string} path
   * @returns {Promise<Response>}
   */
  function page(event, path) {
    const asked = signOuts;
    const network = fetch(event.request).then((response) => {
      if (response.ok && !response.redirected) { store(event, PAGES, path, response, asked); }
      if (response.status === 401 || response.status === 403) { event.waitUntil(forgetPages()); }
      return response;
    });
    event.waitUntil(network.catch(() => undefined)); // it is stored also when the stored page was faster
    const slow = new Promise((resolve) => { setTimeout(resolve, PATIENCE); }).then(() => storedPage(path));
    return Promise.race([network.catch(() => undefined), slow])
      .then((first) => first || storedPage(path).then((stored) => stored || network));
  }

  worker.addEventListener("fetch", (event) => {
    const request = event.request, address = new URL(request.url);
    if (address.origin !== worker.location.origin) { return; }
    if (request.method === "POST" && address.pathname === "/leave") {
      event.waitUntil(Promise.all([forgetPages(), Submissions.forget()]));
      return;
    }
    if (request.method !== "GET") { return; }
    if (ASSETS.indexOf(address.pathname) >= 0) { event.respondWith(file(event)); return; }
    if (request.mode === "navigate" && PATHS.indexOf(address.pathname) >= 0) {
      event.respondWith(page(event, address.pathname));
    }
  });

  /**
   * @param {string} path
   * @returns {Promise<unknown>} done
   */
  function fetchAhead(path) {
    const asked = signOuts;
    return Promise.all([caches.open(PAGES), fetch(path, { credentials: "same-origin" })]).then((parts) => {
      const usable = parts[1].ok && !parts[1].redirected && asked === signOuts;
      return usable ? parts[0].put(path, parts[1]) : undefined;
    }).catch(() => undefined);
  }

  /* The pages are fetched once ahead, so that a form opens without a signal that was never opened before. */
  worker.addEventListener("message", (event) => {
    if (event.data === "keep") { event.waitUntil(Promise.all(PATHS.map(fetchAhead))); }
  });

  /** Sends what waits and tells the pages. Rejects where something still waits: the browser tries again later. */
  function sync() {
    return Sending.flush().then((outcomes) => worker.clients.matchAll().then((clients) => {
      clients.forEach((client) => { client.postMessage("sent"); });
      if (outcomes.some((outcome) => outcome.state === "waiting")) { throw new Error("not everything could be sent"); }
    }));
  }

  worker.addEventListener("sync", (event) => {
    // The listener's type is that of any event; a "sync" event is what the browser makes it.
    const syncEvent = /** @type {SyncEvent} */ (event);
    if (syncEvent.tag === "send") { syncEvent.waitUntil(sync()); }
  });
})();
