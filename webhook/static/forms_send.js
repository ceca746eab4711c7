/* Sends what is kept: first the photos, in pieces that go on where the line broke, then the form. Each carries an id
   made on the phone, so that sending it again changes nothing. Used by pages and the worker. */
(function (self) {
  "use strict";
  var PIECE = 128 * 1024, busy = null, going = {};

  function Later(words) { this.words = words; }
  function Wrong(words) { this.words = words; }

  function ask(address, options) {
    options.credentials = "same-origin";
    options.headers = Object.assign({ Accept: "application/json" }, options.headers || {});
    return fetch(address, options).then(function (answer) {
      return answer.json().catch(function () { return {}; }).then(function (body) {
        return { status: answer.status, body: body };
      });
    }, function () { throw new Later("没有信号，有信号时自动发送。"); });
  }

  function refused(done) {
    if (done.status === 401) { throw new Later("登录已经失效，请用自己的链接打开以后再发。"); }
    if (done.status === 422) { throw new Wrong(done.body.error || "照片打不开，请重新拍。"); }
    throw new Later(done.body.error || done.body.words || "服务器没有应答，稍后自动再发。");
  }

  /* One photo: {name, blob, taken, id once the server has it}. Twice at a time is once. */
  function upload(photo, uploads) {
    if (photo.id) { return Promise.resolve(photo); }
    function over() { delete going[photo.name]; }
    if (!going[photo.name]) {
      going[photo.name] = pieces(photo, uploads);
      going[photo.name].then(over, over);
    }
    return going[photo.name].then(function (sent) { photo.id = sent.id; return photo; });
  }

  function pieces(photo, uploads) {
    var total = photo.blob.size;
    function step(offset) {
      var end = Math.min(offset + PIECE, total), query = "?offset=" + offset + "&total=" + total;
      if (photo.taken) { query += "&taken=" + encodeURIComponent(photo.taken); }
      return ask(uploads + photo.name + query, { method: "PUT", body: photo.blob.slice(offset, end),
        headers: { "Content-Type": "application/octet-stream" } }).then(next);
    }
    function next(done) {
      if (done.status !== 200) { refused(done); }
      if (done.body.photo) { photo.id = done.body.photo; return photo; }
      return step(Math.min(done.body.offset, total - 1));
    }
    return ask(uploads + photo.name, { method: "GET" }).then(next);
  }

  function photosOf(one) {
    return one.photos.reduce(function (before, photo) {
      return before.then(function () { return upload(photo, one.uploads); });
    }, Promise.resolve());
  }

  function post(one) {
    var body = { id: one.id, person: one.person, at: one.at, cells: one.cells,
      photos: one.photos.map(function (photo) { return photo.id; }) };
    return ask(one.post, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
  }

  /* Sends one; resolves to the record as it stands then: in, mend (with faults) or waiting. */
  function send(one) {
    return photosOf(one).then(function () { return self.Sheets.put(one); }).then(function () { return post(one); })
      .then(function (done) {
        if (done.status === 201) { one.state = "in"; one.said = done.body; one.photos = []; return one; }
        if (done.status === 422) { one.state = "mend"; one.faults = done.body.faults || {}; return one; }
        return refused(done);
      })
      .catch(function (error) {
        if (error instanceof Wrong) { one.state = "mend"; one.faults = { photos: error.words }; return one; }
        if (error instanceof Later) { one.state = "waiting"; one.words = error.words; return one; }
        throw error;
      })
      .then(function () { return self.Sheets.put(one).then(function () { return one; }); });
  }

  /* Everything that waits, one after the other; at the first that can't go now the rest waits too. */
  function flush() {
    if (busy) { return busy; }
    busy = self.Sheets.all().then(function (all) {
      var waiting = all.filter(function (one) { return one.state === "waiting"; });
      return waiting.reduce(function (before, one) {
        return before.then(function (sent) { return send(one).then(function (now) { return sent.concat([now]); }); });
      }, Promise.resolve([]));
    }).then(function (sent) { busy = null; return sent; }, function (error) { busy = null; throw error; });
    return busy;
  }

  self.Sending = { send: send, flush: flush, upload: upload };
})(self);
