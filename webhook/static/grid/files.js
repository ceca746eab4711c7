// Files that the server makes of what is shown.

import { post } from "./server.js";

/**
 * Has the browser save what the server answers.
 * @param {string} address
 * @param {object} body
 */
export async function save(address, body) {
  const response = await post(address, body);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = fileName(response.headers.get("Content-Disposition") || "");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

/**
 * Opens what the server answers to a form in a page of its own.
 * @param {string} address
 * @param {object} asked
 */
export function openPage(address, asked) {
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action: address, target: "_blank", hidden: true });
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name: "asked", value: JSON.stringify(asked) });
  form.append(field);
  document.body.append(form);
  form.submit();
  form.remove();
}

/**
 * The file's name in a Content-Disposition.
 * @param {string} disposition
 */
export function fileName(disposition) {
  const name = /filename\*=UTF-8''([^;]+)/.exec(disposition)?.[1];
  return name ? decodeURIComponent(name) : "表格.xlsx";
}
