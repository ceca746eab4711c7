/* The forms without a signal: keeps the pages that a person opened and our own files, and sends what waits. It keeps
   no photo, no list of others, and forgets the pages when he signs out. Served as /sw.js. */
"use strict";
importScripts("/static/forms_store.js", "/static/forms_send.js");
var FILES = "jielu-files-1", PAGES = "jielu-pages-1", WAIT = 4000;
var KEPT = ["/mine", "/forms/issues", "/forms/feedback", "/forms/duties", "/forms/requests"];
var OURS = ["style.css", "forms.css", "forms_store.js", "forms_send.js", "forms_photo.js", "forms.js", "forms_mine.js", "icon.svg"]
  .map(function (name) { return "/static/" + name; });

self.addEventListener("install", function (event) {
  event.waitUntil(caches.open(FILES).then(function (cache) { return cache.addAll(OURS); }).then(function () { return self.skipWaiting(); }));
});

self.addEventListener("activate", function (event) {
  event.waitUntil(caches.keys().then(function (names) {
    return Promise.all(names.filter(function (name) { return name !== FILES && name !== PAGES; })
      .map(function (name) { return caches.delete(name); }));
  }).then(function () { return self.clients.claim(); }));
});

/* Our files: from the network while it answers, so that a new version is never missed. */
function file(request) {
  return fetch(request).then(function (answer) {
    if (answer.ok) { var copy = answer.clone(); caches.open(FILES).then(function (cache) { cache.put(request, copy); }); }
    return answer;
  }).catch(function () { return caches.match(request, { ignoreSearch: true }); });
}

function kept(path) {
  return caches.open(PAGES).then(function (cache) { return cache.match(path); });
}

function page(request, path) {
  var net = fetch(request).then(function (answer) {
    if (answer.ok && !answer.redirected) {
      var copy = answer.clone();
      caches.open(PAGES).then(function (cache) { return cache.put(path, copy); });
    }
    if (answer.status === 401 || answer.status === 403) { caches.delete(PAGES); }
    return answer;
  });
  var slow = new Promise(function (resolve) { setTimeout(resolve, WAIT); }).then(function () { return kept(path); });
  return Promise.race([net.catch(function () { return null; }), slow]).then(function (first) {
    return first || kept(path).then(function (old) { return old || net; });
  });
}

self.addEventListener("fetch", function (event) {
  var request = event.request, address = new URL(request.url);
  if (address.origin !== self.location.origin) { return; }
  if (request.method === "POST" && address.pathname === "/leave") {
    event.waitUntil(Promise.all([caches.delete(PAGES), Sheets.forget()]));
    return;
  }
  if (request.method !== "GET") { return; }
  if (OURS.indexOf(address.pathname) >= 0) { event.respondWith(file(request)); return; }
  if (request.mode === "navigate" && KEPT.indexOf(address.pathname) >= 0) {
    event.respondWith(page(request, address.pathname));
  }
});

/* The pages are fetched once ahead, so that a form opens without a signal that was never opened before. */
self.addEventListener("message", function (event) {
  if (event.data !== "keep") { return; }
  event.waitUntil(caches.open(PAGES).then(function (cache) {
    return Promise.all(KEPT.map(function (path) {
      return fetch(path, { credentials: "same-origin" }).then(function (answer) {
        return answer.ok && !answer.redirected ? cache.put(path, answer) : null;
      }).catch(function () { return null; });
    }));
  }));
});

self.addEventListener("sync", function (event) {
  if (event.tag === "send") {
    event.waitUntil(Sending.flush().then(function (sent) {
      return Promise.all(sent.map(function (one) { return one.state === "in" ? Sheets.drop(one.id) : null; })).then(function () {
        return self.clients.matchAll();
      }).then(function (pages) {
        pages.forEach(function (page) { page.postMessage("sent"); });
        if (sent.some(function (one) { return one.state === "waiting"; })) { throw new Error("not all went"); }
      });
    }));
  }
});
