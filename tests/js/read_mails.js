/** Reads mails (JSON list of base64 on standard input) with another reader than Python's; prints what each says. */
import PostalMime from "postal-mime";

const mails = JSON.parse(await new Response(/** @type {any} */ (process.stdin)).text());
const read = await Promise.all(mails.map((/** @type {string} */ mail) => PostalMime.parse(Buffer.from(mail, "base64"))));
/** @param {import("postal-mime").Email} mail */
const parts = (mail) => [mail.subject, mail.from?.name, mail.attachments.map((file) => file.filename), mail.text];
console.log(JSON.stringify(read.map(parts)));
