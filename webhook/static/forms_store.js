/* What is kept on the phone until the server has it: one record a form, photos inside. Used by pages and the worker. */
(function (self) {
  "use strict";
  var NAME = "jielu-forms", STORE = "sheets", opened = null;

  function open() {
    if (!opened) {
      opened = new Promise(function (resolve, reject) {
        var asked = self.indexedDB.open(NAME, 1);
        asked.onupgradeneeded = function () { asked.result.createObjectStore(STORE, { keyPath: "id" }); };
        asked.onsuccess = function () { resolve(asked.result); };
        asked.onerror = function () { opened = null; reject(asked.error); };
      });
    }
    return opened;
  }

  function work(mode, act) {
    return open().then(function (db) {
      return new Promise(function (resolve, reject) {
        var turn = db.transaction(STORE, mode), found = act(turn.objectStore(STORE));
        turn.oncomplete = function () { resolve(found && found.result); };
        turn.onerror = turn.onabort = function () { reject(turn.error); };
      });
    });
  }

  self.Sheets = {
    put: function (one) { return work("readwrite", function (store) { return store.put(one); }); },
    get: function (id) { return work("readonly", function (store) { return store.get(id); }); },
    drop: function (id) { return work("readwrite", function (store) { return store.delete(id); }); },
    all: function () { return work("readonly", function (store) { return store.getAll(); }); },
    /* An id that no other phone makes: 128 random bits. */
    name: function () {
      var bytes = self.crypto.getRandomValues(new Uint8Array(16)), text = "";
      for (var i = 0; i < bytes.length; i += 1) { text += (bytes[i] + 256).toString(16).slice(1); }
      return text;
    },
    /* At sign-out: what was sent and what was only begun goes; what still has to be sent waits for its person. */
    forget: function () {
      return self.Sheets.all().then(function (all) {
        return Promise.all(all.filter(function (one) { return one.state !== "waiting" && one.state !== "mend"; })
          .map(function (one) { return self.Sheets.drop(one.id); }));
      });
    }
  };
})(self);
