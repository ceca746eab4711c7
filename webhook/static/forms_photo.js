/* Makes a photo small on the phone: upright, no longer than so many pixels, JPEG. */
(function (self) {
  "use strict";

  /* Browsers before 2020 draw a photo as the sensor saw it; newer ones turn it. 1 to 8 as in EXIF. */
  function turnsItself() {
    return self.CSS && CSS.supports && CSS.supports("image-orientation", "from-image");
  }

  function orientation(buffer) {
    var view = new DataView(buffer), at = 2, little, first, count, i;
    if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) { return 1; }
    while (at + 4 < view.byteLength && view.getUint8(at) === 0xff) {
      if (view.getUint16(at) === 0xffe1 && at + 18 < view.byteLength && view.getUint32(at + 4) === 0x45786966) {
        at += 10;
        little = view.getUint16(at) === 0x4949;
        first = at + view.getUint32(at + 4, little);
        if (first + 2 > view.byteLength) { return 1; }
        count = view.getUint16(first, little);
        for (i = 0; i < count && first + 14 + i * 12 <= view.byteLength; i += 1) {
          if (view.getUint16(first + 2 + i * 12, little) === 0x0112) {
            return view.getUint16(first + 10 + i * 12, little) || 1;
          }
        }
        return 1;
      }
      at += 2 + view.getUint16(at + 2);
    }
    return 1;
  }

  function read(file) {
    if (turnsItself()) { return Promise.resolve(1); }
    return new Promise(function (resolve) {
      var reader = new FileReader();
      reader.onload = function () { try { resolve(orientation(reader.result)); } catch (error) { resolve(1); } };
      reader.onerror = function () { resolve(1); };
      reader.readAsArrayBuffer(file.slice(0, 131072));
    });
  }

  function load(file) {
    return new Promise(function (resolve, reject) {
      var image = new Image(), address = URL.createObjectURL(file);
      image.onload = function () { resolve({ image: image, done: function () { URL.revokeObjectURL(address); } }); };
      image.onerror = function () { URL.revokeObjectURL(address); reject(new Error("这张照片打不开，请换一张 JPG 格式的。")); };
      image.src = address;
    });
  }

  function draw(image, side, turn) {
    var scale = Math.min(1, side / Math.max(image.naturalWidth, image.naturalHeight));
    var width = Math.round(image.naturalWidth * scale), height = Math.round(image.naturalHeight * scale);
    var canvas = document.createElement("canvas"), pen = canvas.getContext("2d"), lying = turn > 4;
    canvas.width = lying ? height : width;
    canvas.height = lying ? width : height;
    var turns = { 2: [-1, 0, 0, 1, width, 0], 3: [-1, 0, 0, -1, width, height], 4: [1, 0, 0, -1, 0, height],
      5: [0, 1, 1, 0, 0, 0], 6: [0, 1, -1, 0, height, 0], 7: [0, -1, -1, 0, height, width], 8: [0, -1, 1, 0, 0, width] };
    if (turns[turn]) { pen.transform.apply(pen, turns[turn]); }
    pen.drawImage(image, 0, 0, width, height);
    return canvas;
  }

  function two(number) { return (number < 10 ? "0" : "") + number; }

  function wall(milliseconds) {
    var at = new Date(milliseconds);
    return at.getFullYear() + "-" + two(at.getMonth() + 1) + "-" + two(at.getDate()) + "T" + two(at.getHours()) + ":" +
      two(at.getMinutes()) + ":" + two(at.getSeconds());
  }

  /* Resolves to {name, blob, taken}; rejects with a sentence. */
  self.shrink = function (file, side, quality) {
    return Promise.all([load(file), read(file)]).then(function (found) {
      var canvas = draw(found[0].image, side, found[1]);
      found[0].done();
      return new Promise(function (resolve, reject) {
        canvas.toBlob(function (blob) {
          if (!blob) { reject(new Error("这张照片打不开，请重新拍一张。")); return; }
          resolve({ name: self.Sheets.name(), blob: blob, taken: file.lastModified ? wall(file.lastModified) : "" });
        }, "image/jpeg", quality / 100);
      });
    });
  };
})(self);
