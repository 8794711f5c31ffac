import { BlockList, isIP } from "node:net";
import { DocferryError } from "../job/errors.ts";

/** Addresses and networks, of both versions. An empty list admits all. */
export class AddressList {
  /** As they were given. */
  readonly entries: readonly string[];
  readonly #list = new BlockList();

  /** @throws {DocferryError} `invalid_argument` */
  constructor(entries: readonly string[]) {
    this.entries = [...entries];
    for (const entry of entries) add(this.#list, entry);
  }

  /** @param client as the socket or the proxy has it: an IPv4 address may come as an IPv6 one */
  admits(client: string): boolean {
    if (this.entries.length === 0) return true;
    const address = plainAddress(client);
    const version = isIP(address);
    return version !== 0 && this.#list.check(address, version === 4 ? "ipv4" : "ipv6");
  }
}

/** Without a zone, and an IPv4 address that was mapped into IPv6 as itself. */
export function plainAddress(client: string): string {
  const address = client.split("%", 1)[0] ?? "";
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}

function add(list: BlockList, entry: string): void {
  const [, given = "", bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
  const address = plainAddress(given);
  const version = isIP(address);
  const most = version === 4 ? 32 : 128;
  if (version === 0 || given.includes("%") || (bits !== undefined && Number(bits) > most)) {
    throw new DocferryError(
      "invalid_argument",
      `${JSON.stringify(entry)} is no IP address and no network such as 10.0.0.0/8 or fd00::/8`,
    );
  }
  const family = version === 4 ? "ipv4" : "ipv6";
  if (bits === undefined) list.addAddress(address, family);
  else list.addSubnet(address, Number(bits), family);
}
