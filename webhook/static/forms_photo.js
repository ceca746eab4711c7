/* Makes a photo small on the phone: upright, no longer than so many pixels, JPEG. */
"use strict";

const Photos = (() => {
  /* Browsers before 2020 draw a photo as the sensor saw it; newer ones turn it. 1 to 8 as in EXIF. */
  function turnsItself() {
    return Boolean(self.CSS && CSS.supports && CSS.supports("image-orientation", "from-image"));
  }

  /**
   * How a JPEG lies, as its EXIF part says: 1 (upright) to 8; 1 where it says nothing.
   * @param {ArrayBuffer} buffer at least the file's beginning
   * @returns {number}
   */
  function orientation(buffer) {
    const view = new DataView(buffer);
    let at = 2;
    if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) { return 1; }
    while (at + 4 < view.byteLength && view.getUint8(at) === 0xff) {
      const exif = view.getUint16(at) === 0xffe1 && at + 18 < view.byteLength && view.getUint32(at + 4) === 0x45786966;
      if (exif) { return orientationTag(view, at + 10); }
      at += 2 + view.getUint16(at + 2);
    }
    return 1;
  }

  /**
   * @param {DataView} view
   * @param {number} start where the TIFF part begins
   * @returns {number}
   */
  function orientationTag(view, start) {
    const little = view.getUint16(start) === 0x4949, first = start + view.getUint32(start + 4, little);
    if (first + 2 > view.byteLength) { return 1; }
    const count = view.getUint16(first, little);
    for (let entry = first + 2; entry < first + 2 + count * 12 && entry + 12 <= view.byteLength; entry += 12) {
      if (view.getUint16(entry, little) === 0x0112) { return view.getUint16(entry + 8, little) || 1; }
    }
    return 1;
  }

  /**
   * The orientation by which a file must be turned by hand; 1 where the browser does it or the file can't be read.
   * @param {File} file
   * @returns {Promise<number>}
   */
  function turnOf(file) {
    if (turnsItself()) { return Promise.resolve(1); }
    return new Response(file.slice(0, 131072)).arrayBuffer().then(orientation).catch(() => 1);
  }

  /**
   * @param {File} file
   * @returns {Promise<{ image: HTMLImageElement, done: () => void }>} `done` frees what the image holds
   */
  function load(file) {
    return new Promise((resolve, reject) => {
      const image = new Image(), address = URL.createObjectURL(file);
      const done = () => { URL.revokeObjectURL(address); };
      image.onload = () => { resolve({ image, done }); };
      image.onerror = () => { done(); reject(new Error("这张照片打不开，请换一张 JPG 格式的。")); };
      image.src = address;
    });
  }

  /**
   * @param {HTMLImageElement} image
   * @param {number} side pixels of the longer side at most
   * @param {number} turn 1 to 8 as in EXIF
   * @returns {HTMLCanvasElement}
   */
  function draw(image, side, turn) {
    const scale = Math.min(1, side / Math.max(image.naturalWidth, image.naturalHeight));
    const width = Math.round(image.naturalWidth * scale), height = Math.round(image.naturalHeight * scale);
    const canvas = document.createElement("canvas"), pen = canvas.getContext("2d"), lying = turn > 4;
    if (!pen) { throw new Error("手机内存不够，请关掉别的程序再拍一次。"); }
    canvas.width = lying ? height : width;
    canvas.height = lying ? width : height;
    /** @type {Record<number, [number, number, number, number, number, number]>} */
    const turns = { 2: [-1, 0, 0, 1, width, 0], 3: [-1, 0, 0, -1, width, height], 4: [1, 0, 0, -1, 0, height],
      5: [0, 1, 1, 0, 0, 0], 6: [0, 1, -1, 0, height, 0], 7: [0, -1, -1, 0, height, width], 8: [0, -1, 1, 0, 0, width] };
    const matrix = turns[turn];
    if (matrix) { pen.transform(...matrix); }
    pen.drawImage(image, 0, 0, width, height);
    return canvas;
  }

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {number} quality percent
   * @returns {Promise<Blob>}
   */
  function jpeg(canvas, quality) {
    return new Promise((resolve, reject) => {
      canvas.toBlob((blob) => {
        if (blob) { resolve(blob); } else { reject(new Error("这张照片打不开，请重新拍一张。")); }
      }, "image/jpeg", quality / 100);
    });
  }

  /**
   * A photo for a form. Rejects with a sentence for the person.
   * @param {File} file as the camera left it
   * @param {number} side pixels of the longer side at most
   * @param {number} quality percent
   * @returns {Promise<Photo>}
   */
  function shrink(file, side, quality) {
    return Promise.all([load(file), turnOf(file)]).then((parts) => {
      const loaded = parts[0], canvas = draw(loaded.image, side, parts[1]);
      loaded.done();
      const taken = file.lastModified ? wallClock(new Date(file.lastModified)) : "";
      return jpeg(canvas, quality).then((blob) => ({ name: newId(), blob, taken }));
    });
  }

  return { orientation, shrink };
})();
