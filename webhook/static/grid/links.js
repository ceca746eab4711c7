// Cells that lead somewhere: a number to its issue, photos to the large ones, addresses to where they point.

import { element } from "./page.js";

/** @import { Column } from "./server.js" */

const PHOTO = /\/photos\/([A-Za-z0-9_-]{16,64})/;
const ADDRESS = /^https?:\/\/[^\s]+$/i;
const MOST_KEPT = 300; // thumbnails
const SOON = 150; // ms that a photo is in sight before its thumbnail is asked for

/** @type {Map<string, Promise<string>>} addresses of thumbnails in this page, by photo */
const thumbnails = new Map();

/** @typedef {{ kind: "issue" | "address" | "photos", href: string, photos: string[] }} Link */

/**
 * Where a cell leads; null where it is plain text.
 * @param {Column} head
 * @param {string} text
 * @returns {Link | null}
 */
export function linkOf(head, text) {
  if (!text) return null;
  if (head.link === "issue") return { kind: "issue", href: `/issues/${encodeURIComponent(text.trim())}`, photos: [] };
  if (head.link === "photos") {
    const photos = text.split("\n").flatMap((line) => PHOTO.exec(line)?.[1] || []);
    if (photos.length) return { kind: "photos", href: `/photos/${photos[0]}`, photos };
  }
  return ADDRESS.test(text.trim()) ? { kind: "address", href: text.trim(), photos: [] } : null;
}

/**
 * Draws a link into a cell.
 * @param {HTMLElement} cell
 * @param {Link} link
 * @param {string} text
 */
export function drawLink(cell, link, text) {
  cell.textContent = "";
  const anchor = element("a", link.kind, cell);
  anchor.href = link.href;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer";
  anchor.tabIndex = -1; // the keys of the grid: the menu opens it
  if (link.kind !== "photos") {
    anchor.textContent = text;
    return;
  }
  anchor.setAttribute("aria-label", `看大图，${link.photos.length} 张`);
  for (const photo of link.photos.slice(0, 3)) drawThumbnail(anchor, photo);
  if (link.photos.length > 3) element("span", "", anchor).textContent = `${link.photos.length} 张`;
}

/**
 * @param {HTMLElement} anchor
 * @param {string} photo
 */
function drawThumbnail(anchor, photo) {
  const image = element("img", "", anchor);
  image.alt = "";
  setTimeout(() => {
    if (image.isConnected) thumbnail(photo).then((address) => (image.src = address)).catch(() => (image.alt = "照片"));
  }, thumbnails.has(photo) ? 0 : SOON);
}

/**
 * @param {string} photo
 * @returns {Promise<string>}
 */
function thumbnail(photo) {
  const known = thumbnails.get(photo);
  if (known) return known;
  const [oldest] = thumbnails.keys();
  if (thumbnails.size >= MOST_KEPT && oldest) forget(oldest);
  const asked = fetched(photo);
  thumbnails.set(photo, asked);
  asked.catch(() => thumbnails.delete(photo));
  return asked;
}

/** @param {string} photo */
async function fetched(photo) {
  const response = await fetch(`/grid/thumbnails/${photo}`, { credentials: "same-origin" });
  if (!response.ok) throw new Error("no such photo");
  return URL.createObjectURL(await response.blob());
}

/** @param {string} photo */
function forget(photo) {
  thumbnails.get(photo)?.then((address) => URL.revokeObjectURL(address)).catch(() => {});
  thumbnails.delete(photo);
}
