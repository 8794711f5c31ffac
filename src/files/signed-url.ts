import type { KeyObject } from "node:crypto";
import { sameText, signatureOf } from "./signature.ts";
import { decodedPath, encodeSegment, urlPath } from "./url-path.ts";

/** What a download address lets its holder do. */
export interface Download {
  environment: string;
  name: string;
  /** Unix seconds. */
  expiresAt: number;
  /** The name that the client's disk gets to see; null: the last part of the file's own. */
  saveAs: string | null;
  /** The app that it was given to, where the environment is only shared with it; null: it is the owner's. */
  sharedWith: string | null;
}

export type DownloadFault = "malformed" | "wrong_signature" | "expired";

const prefix = "/download/";

/**
 * The address `<base>/download/<environment>/<name>?sign=…&t=<unix seconds>[&filename=…][&shared=<app>]` that lets whoever has it read one file for a while.
 * It names the file, not the object: the file that has the name when it is read is what is sent.
 * @param base scheme, host and port, no slash at the end
 * @param key of the environment and the app that it is shared with
 */
export function downloadAddress(base: string, download: Download, key: KeyObject): string {
  const { environment, name, expiresAt, saveAs, sharedWith } = download;
  const path = urlPath(`${prefix}${encodeSegment(environment)}`, name);
  const filename = saveAs === null ? "" : `&filename=${encodeSegment(saveAs)}`;
  const shared = sharedWith === null ? "" : `&shared=${encodeSegment(sharedWith)}`;
  return `${base}${path}?sign=${sign(download, key)}&t=${expiresAt}${filename}${shared}`;
}

/**
 * What the address in a request line allows, or what is wrong with it.
 * @param url path and query as they were sent
 * @param keyOf the key of an environment and the app that it is shared with; null where there is no such thing
 * @param now unix ms
 */
export function readDownloadAddress(
  url: string,
  keyOf: (environment: string, sharedWith: string | null) => KeyObject | null,
  now: number,
): Download | DownloadFault {
  const target = decodedPath(url, prefix);
  const slash = target?.indexOf("/") ?? -1;
  if (target === null || slash <= 0 || slash === target.length - 1) return "malformed";
  const parameters = new URLSearchParams(url.slice(url.indexOf("?") + 1));
  const expiry = parameters.get("t") ?? "";
  if (!url.includes("?") || !/^[1-9]\d{0,14}$/.test(expiry)) return "wrong_signature";
  const download: Download = {
    environment: target.slice(0, slash),
    name: target.slice(slash + 1),
    expiresAt: Number(expiry),
    saveAs: parameters.get("filename"),
    sharedWith: parameters.get("shared"),
  };
  const key = keyOf(download.environment, download.sharedWith);
  if (!key || !sameText(parameters.get("sign") ?? "", sign(download, key))) {
    return "wrong_signature";
  }
  return now < download.expiresAt * 1000 ? download : "expired";
}

function sign({ environment, name, expiresAt, saveAs }: Download, key: KeyObject): string {
  return signatureOf(key, ["download", environment, name, expiresAt, saveAs]).toString("base64url");
}
