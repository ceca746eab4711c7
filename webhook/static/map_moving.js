/* The map with Leaflet: the same streets and marks, which can be moved and drawn larger, on the bureau's tiles. */
"use strict";

/**
 * What the server says of a map (`/map/zooms`); places are [latitude, longitude].
 * @typedef {[number, number]} At
 * @typedef {{ at: At, kind: string, issues: string[] }} PinAt
 * @typedef {{ at: At, kind: string, street: string }} NameAt
 * @typedef {{ street: string, kind: string, count: number, closed: boolean, lines: At[][] }} Road
 * @typedef {{ tiles: string[], credit: string, zooms: At, places: At[], streets: Road[],
 *   levels: Record<string, { pins: PinAt[], names: NameAt[] }> }} Moving
 */

(() => {
  const card = mapCard;
  if (!card) { return; }
  const stage = byId("stage", HTMLElement), place = byId("map", HTMLElement);
  const FINGER = 44; // pixels that a tap needs

  /** The mark of a kind as the key shows it. @param {PinAt} pin */
  function pinIcon(pin) {
    const made = document.createElement("div"), sample = document.querySelector('.sample[data-kind="' + pin.kind + '"]');
    if (sample) { made.append(sample.cloneNode(true)); }
    if (pin.issues.length > 1) {
      const count = document.createElement("span");
      count.textContent = String(pin.issues.length);
      made.append(count);
    }
    return L.divIcon({ html: made, className: "moving-pin", iconSize: [FINGER, FINGER] });
  }

  /** @param {PinAt} pin @param {Card} shown */
  function pinMarker(pin, shown) {
    const marker = L.marker(pin.at, { icon: pinIcon(pin), riseOnHover: true });
    const open = () => {
      const element = marker.getElement();
      if (element) { shown.showIssues(pin.issues, element); }
    };
    marker.on("click", open);
    marker.on("add", () => {
      const element = marker.getElement();
      if (!element) { return; }
      element.dataset["issues"] = pin.issues.join(" ");
      element.setAttribute("aria-label", pin.issues.length + " 件：" + pin.issues.slice(0, 3).join("、"));
      element.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open(); }
      });
    });
    return marker;
  }

  /** A street's name, which opens its card too. @param {NameAt} name @param {Card} shown */
  function nameMarker(name, shown) {
    const text = document.createElement("span");
    text.textContent = name.street;
    const icon = L.divIcon({ html: text, className: "moving-name n-" + name.kind, iconSize: [0, 0] });
    const marker = L.marker(name.at, { icon, keyboard: false, zIndexOffset: -1000 });
    marker.on("click", () => { shown.showStreet(name.street, place); });
    return marker;
  }

  /** A street's lines, with a wider one that nobody sees for fingers. @param {Road} road @param {Card} shown */
  function roadLayers(road, shown) {
    const layers = road.lines.map((line) => {
      const seen = { className: "road r-" + road.kind + (line.length > 1 ? "" : " spot"), interactive: false };
      if (line.length === 1) { return L.circleMarker(line[0] || [0, 0], Object.assign({ radius: 5 }, seen)); }
      return road.closed ? L.polygon(line, Object.assign({ fillOpacity: 0.15 }, seen)) : L.polyline(line, seen);
    });
    const wide = road.lines.map((line) => {
      const looks = { weight: FINGER, opacity: 0, fillOpacity: 0, className: "reach" };
      return line.length === 1 ? L.circleMarker(line[0] || [0, 0], Object.assign({ radius: FINGER / 2 }, looks)) : L.polyline(line, looks);
    });
    wide.forEach((layer) => layer.on("click", (event) => {
      L.DomEvent.stopPropagation(event);
      shown.showStreet(road.street, place);
    }));
    return { wide, seen: layers };
  }

  /** @param {Moving} moving @param {Card} shown */
  function draw(moving, shown) {
    const [lowest, highest] = moving.zooms;
    stage.classList.add("moving");
    place.hidden = false;
    const map = L.map(place, {
      zoomControl: false, scrollWheelZoom: false, minZoom: lowest, maxZoom: highest, attributionControl: false,
      zoomSnap: moving.tiles.length ? 1 : 0.5, // tiles are sharp at whole zooms alone
    });
    L.control.zoom({ zoomInTitle: "放大", zoomOutTitle: "缩小" }).addTo(map);
    L.control.scale({ imperial: false }).addTo(map);
    L.control.attribution({ prefix: "Leaflet" }).addAttribution(moving.credit).addTo(map);
    moving.tiles.forEach((address) => { L.tileLayer(address, { minZoom: lowest, maxZoom: highest }).addTo(map); });
    const roads = moving.streets.map((road) => roadLayers(road, shown));
    roads.forEach((road) => { road.wide.forEach((layer) => layer.addTo(map)); });
    roads.forEach((road) => { road.seen.forEach((layer) => layer.addTo(map)); });
    const marks = L.layerGroup().addTo(map);
    map.on("zoomend", () => {
      const level = moving.levels[Math.floor(map.getZoom() * 2) / 2];
      marks.clearLayers();
      if (!level) { return; }
      level.names.forEach((name) => nameMarker(name, shown).addTo(marks));
      level.pins.forEach((pin) => pinMarker(pin, shown).addTo(marks));
    });
    map.on("click", shown.close);
    map.on("focus", () => map.scrollWheelZoom.enable());
    map.on("blur", () => map.scrollWheelZoom.disable());
    map.fitBounds(L.latLngBounds(moving.places), { padding: [42, 42] });
  }

  /** @param {Card} shown */
  async function start(shown) {
    const answer = await fetch("/map/zooms", { credentials: "same-origin" });
    if (answer.ok) { draw(await answer.json(), shown); }
  }

  start(card).catch(() => { stage.classList.remove("moving"); place.hidden = true; });
})();
