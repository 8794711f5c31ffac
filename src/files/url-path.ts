/**
 * A file's name as the path of a URL, behind `prefix` (which ends in no slash and needs no escapes). Slashes stay, all else that
 * is not plain is percent-encoded. URL parsers resolve the segments `.` and `..`, however they are written; so the slashes
 * beside such a segment are encoded too, which makes it a part of a longer one.
 */
export function urlPath(prefix: string, name: string): string {
  const segments = name.split("/");
  let path = prefix;
  let before = "";
  for (const segment of segments) {
    const separator = isDots(before) || isDots(segment) ? "%2F" : "/";
    path += separator + encodeSegment(segment);
    before = segment;
  }
  return path;
}

/**
 * What stands behind `prefix` in the path of a request, decoded; null if it is not UTF-8 in percent signs.
 * @param url as in the request line
 */
export function decodedPath(url: string, prefix: string): string | null {
  const path = url.split(/[?#]/, 1)[0] ?? "";
  try {
    return path.startsWith(prefix) ? decodeURIComponent(path.slice(prefix.length)) : null;
  } catch {
    return null;
  }
}

/** Everything but letters, digits and `-_.~`, so that an address can be pasted anywhere. */
export function encodeSegment(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function isDots(segment: string): boolean {
  return segment === "." || segment === "..";
}
