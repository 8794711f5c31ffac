import type { IncomingMessage } from "node:http";

/** `<bucket>.cos.<region>.tencentcos.cn` and its older names. */
const bucketHost =
  /^([a-z0-9_-]+)\.cos(?:-internal)?\.[a-z0-9-]+\.(?:tencentcos\.cn|myqcloud\.com)$/i;

/** `cos.<region>.myqcloud.com`, where the bucket is the path's first part. */
const cosHost = /^cos\.[a-z0-9-]+\.(?:tencentcos\.cn|myqcloud\.com)$/i;

/** Hosts that clients of the vendor's have built in. */
const vendorHost = /(?:^|\.)(?:tencentcos\.cn|myqcloud\.com|tencentcloudapi\.com)(?::\d{1,5})?$/i;

/**
 * The path that a request to one of the vendor's hosts is routed to; null for all other hosts. Clients that cannot be given
 * another address get here through a proxy, which this service is for them.
 * @param path path and query
 */
export function vendorPath(
  { headers }: Pick<IncomingMessage, "headers">,
  path: string,
): string | null {
  const { host: named = "" } = headers;
  if (!isVendorHost(named)) return null;
  const host = named.replace(/:\d{1,5}$/, "");
  const bucket = bucketHost.exec(host)?.[1];
  if (bucket !== undefined) return `/cos/${bucket}${path}`;
  return cosHost.test(host) ? `/cos${path}` : null;
}

/** Whether a host, with or without its port, is the vendor's. */
export function isVendorHost(host: string): boolean {
  return vendorHost.test(host);
}
