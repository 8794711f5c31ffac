import type { KeyObject } from "node:crypto";
import { sameText, signatureOf } from "../../files/signature.ts";
import { urlPath } from "../../files/url-path.ts";
import { DocferryError } from "../../job/errors.ts";
import { bucketOf, fileIdOf } from "./file-id.ts";

/** What `/tcb/uploadfile` answers: where to send a file, and what with. */
export interface UploadTicket extends TicketFields {
  url: string;
  file_id: string;
}

/** The secrets of a ticket, as the vendor names them. */
interface TicketFields {
  token: string;
  authorization: string;
  cos_file_id: string;
}

/** What came with an upload; null: it did not. */
export interface TicketForm {
  key: string | null;
  signature: string | null;
  token: string | null;
  fileId: string | null;
}

/** What signs a ticket: see `Access.addressKeyFor`. */
interface TicketKey {
  key: KeyObject;
  sharedWith: string | null;
}

/** Seconds. */
const validFor = 900;

/**
 * A ticket to upload one file, good for 900 s. It is all signature: nothing is stored until the file is there.
 * @param upload `now` in unix ms
 */
export function issueTicket(
  upload: { environment: string; name: string; baseUrl: string; now: number },
  key: TicketKey,
): UploadTicket {
  const { environment, name, baseUrl, now } = upload;
  return {
    url: `${baseUrl}${urlPath(`/cos/${bucketOf(environment)}`, name)}`,
    ...ticketFields({ environment, name, from: Math.floor(now / 1000) }, key),
    file_id: fileIdOf(environment, name),
  };
}

/**
 * Whether a form carries a ticket for this environment, and for which file: its name.
 * @param receivedAt unix ms at which the request came; the file may take longer than the ticket is good for
 * @param keyOf the environment's, for the app that it is shared with; null where it is not
 * @throws {DocferryError} `invalid_form`, `wrong_signature`, `address_expired`
 */
export function checkTicket(
  form: TicketForm,
  upload: { environment: string; receivedAt: number },
  keyOf: (sharedWith: string | null) => KeyObject | null,
): string {
  const { environment, receivedAt } = upload;
  const name = form.key;
  if (name === null) throw new DocferryError("invalid_form", "The form has no field key");
  const from = Number(/&q-sign-time=(\d{1,12});/.exec(form.signature ?? "")?.[1] ?? "0");
  const sharedWith = sharedWithIn(form.token ?? "");
  const key = keyOf(sharedWith);
  if (!key) throw new DocferryError("wrong_signature", "The ticket opens nothing any more");
  const expected = ticketFields({ environment, name, from }, { key, sharedWith });
  const faults = [
    ["Signature", form.signature, expected.authorization],
    ["x-cos-security-token", form.token, expected.token],
    ["x-cos-meta-fileid", form.fileId, expected.cos_file_id],
  ] as const;
  for (const [field, given, wanted] of faults) {
    if (given === null || !sameText(given, wanted)) {
      throw new DocferryError(
        "wrong_signature",
        given === null ? `The form has no field ${field}` : `Field ${field} is not of this ticket`,
      );
    }
  }
  if (receivedAt >= (from + validFor) * 1000) {
    throw new DocferryError("address_expired", "The ticket has expired");
  }
  return name;
}

/**
 * In the vendor's form, which some clients look into; but what stands in the place of its SHA-1 is an HMAC-SHA256, cut to
 * the same 40 digits. Behind the token's signature stands the app that the environment is shared with.
 */
function ticketFields(
  ticket: { environment: string; name: string; from: number },
  { key, sharedWith }: TicketKey,
): TicketFields {
  const { environment, name, from } = ticket;
  const sign = (purpose: string) => signatureOf(key, [purpose, environment, name, from]);
  const time = `${from};${from + validFor}`;
  const account = signatureOf(key, ["upload account", environment]).toString("hex", 0, 16);
  const signature = sign("upload").toString("hex", 0, 20);
  return {
    token: sign("upload token").toString("base64url") + sharedSuffix(sharedWith),
    authorization:
      `q-sign-algorithm=sha1&q-ak=AKID${account}&q-sign-time=${time}&q-key-time=${time}` +
      `&q-header-list=&q-url-param-list=&q-signature=${signature}`,
    cos_file_id: sign("upload file id").toString("base64"),
  };
}

function sharedSuffix(sharedWith: string | null): string {
  return sharedWith === null ? "" : `.${Buffer.from(sharedWith).toString("base64url")}`;
}

function sharedWithIn(token: string): string | null {
  const [, suffix] = token.split(".", 2);
  return suffix === undefined ? null : Buffer.from(suffix, "base64url").toString();
}
