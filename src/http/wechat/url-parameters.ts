/**
 * The parameters behind a path's `?`. Odd percent signs stay as they are, and of doubled parameters the first that is not
 * empty counts.
 * @param url as it stands in the request line
 */
export function queryParameter(url: string, ...names: string[]): string | null {
  const start = url.indexOf("?");
  if (start < 0) return null;
  const parameters = new URLSearchParams(url.slice(start + 1));
  for (const name of names) {
    const value = parameters.getAll(name).find((text) => text !== "");
    if (value !== undefined) return value;
  }
  return null;
}

/** The access token of a call, of whatever kind: pages and clients name the parameter in all these ways. */
export function tokenOf(url: string): string | null {
  return queryParameter(
    url,
    "access_token",
    "cloudbase_access_token",
    "component_access_token",
    "authorizer_access_token",
  );
}
